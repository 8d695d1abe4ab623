# Somatic mutations: candidates of a joint caller, judged by the reads of all samples.


rule somatic_candidates:
    input:
        reads=candidate_reads,
        reference=REFERENCE,
        targets=f"{READS}/windows/{{design}}.only_targets.bed",
    output:
        f"{READS}/candidates/{{patient}}__{{design}}.vcf.gz",
    log:
        f"{RESULTS}/logs/reads/somatic_candidates/{{patient}}__{{design}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/somatic_candidates/{{patient}}__{{design}}.tsv"
    conda:
        "../../envs/variants.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=1440,
    params:
        bams=lambda wildcards, input: [path for path in input.reads if path.endswith("am")],
        targets=lambda wildcards, input: (
            ["-t", input.targets] if design_targets(wildcards) else []
        ),
        mapping=SETTINGS["reads"]["mapping_quality"],
        base=SETTINGS["reads"]["base_quality"],
    shell:
        "(freebayes -f {input.reference:q} {params.targets:q} --pooled-continuous"
        " --haplotype-length 0 -F 0.02 -C 3 -m {params.mapping} -q {params.base} {params.bams:q}"
        " | bcftools norm --no-version -f {input.reference:q} -a -m - -O z -o {output:q}) 2> {log:q}"


rule somatic_calls:
    input:
        samples=SAMPLES_BEFORE,
        units=UNITS_BEFORE,
        config=CONFIG,
        reads=lambda wildcards: [
            path for one in PLAN.of_patient(wildcards.patient) for path in aligned(one)
        ],
        candidates=patient_designs(f"{READS}/candidates/{{patient}}__{{design}}.vcf.gz"),
        windows=patient_designs(f"{READS}/windows/{{design}}.tsv"),
    output:
        called=f"{READS}/somatic/{{patient}}.tsv",
        judged=f"{READS}/somatic/{{patient}}.judged.tsv",
    log:
        f"{RESULTS}/logs/reads/somatic_calls/{{patient}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/somatic_calls/{{patient}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=240,
    params:
        named=named_reads,
        version=VERSION,
    shell:
        "her2omics reads somatic --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --patient {wildcards.patient:q}"
        " --candidates {input.candidates:q} --windows {input.windows:q} --reads {params.named:q}"
        " --out {output.called:q} --judged {output.judged:q} 2> {log:q}"
