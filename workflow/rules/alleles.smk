# Aligned reads to allele counts: SNPs and mutations in one pass over each sample's reads.


rule snp_sites:
    input:
        config=CONFIG,
        reference=REFERENCE,
        sites=local(SETTINGS["reads"]["snp_sites"] or "no_sites"),
        windows=f"{READS}/windows/{{design}}.tsv",
    output:
        f"{READS}/snp_sites/{{design}}.vcf",
    log:
        f"{RESULTS}/logs/reads/snp_sites/{{design}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/snp_sites/{{design}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        version=VERSION,
    shell:
        "her2omics reads snps --config {input.config:q} --windows {input.windows:q}"
        " --out {output:q} 2> {log:q}"


rule normal_snps:
    input:
        reads=lambda wildcards: aligned(PLAN.alignment(wildcards.alignment)),
        reference=REFERENCE,
        windows=windows_of("bed"),
    output:
        f"{READS}/snp_sites/{{alignment}}.normal.vcf.gz",
    log:
        f"{RESULTS}/logs/reads/normal_snps/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/normal_snps/{{alignment}}.tsv"
    conda:
        "../../envs/variants.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=720,
    params:
        mapping=SETTINGS["reads"]["mapping_quality"],
        base=SETTINGS["reads"]["base_quality"],
    shell:
        "(bcftools mpileup --no-version -d 10000 -a AD -q {params.mapping} -Q {params.base}"
        " -T {input.windows:q} -f {input.reference:q} -O u {input.reads[0]:q}"
        " | bcftools call --no-version -m -v -O u"
        " | bcftools view --no-version -m 2 -M 2 -v snps -g het"
        " -i 'QUAL>=30 && FMT/AD[0:0]+FMT/AD[0:1]>=15' -O z -o {output:q}) 2> {log:q}"


rule sites:
    input:
        samples=SAMPLES_BEFORE,
        units=UNITS_BEFORE,
        config=CONFIG,
        snps=patient_snps,
        given=given_mutations,
        called=called_mutations,
    output:
        positions=f"{READS}/sites/{{patient}}.positions.tsv",
        mutations=f"{READS}/sites/{{patient}}.mutations.tsv",
    log:
        f"{RESULTS}/logs/reads/sites/{{patient}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/sites/{{patient}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        called=lambda wildcards, input: ["--called", *input.called] if input.called else [],
        version=VERSION,
    shell:
        "her2omics reads sites --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --patient {wildcards.patient:q} --snps {input.snps:q}"
        " {params.called:q} --positions {output.positions:q} --mutations {output.mutations:q}"
        " 2> {log:q}"


rule pileup:
    input:
        reads=lambda wildcards: aligned(PLAN.alignment(wildcards.alignment)),
        reference=REFERENCE,
        positions=patient_sites("positions.tsv"),
    output:
        temp(f"{READS}/pileup/{{alignment}}.vcf.gz"),
    log:
        f"{RESULTS}/logs/reads/pileup/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/pileup/{{alignment}}.tsv"
    conda:
        "../../envs/variants.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=240,
    params:
        mapping=SETTINGS["reads"]["mapping_quality"],
        base=SETTINGS["reads"]["base_quality"],
    shell:
        "bcftools mpileup --no-version -B -d 100000 -a AD -q {params.mapping} -Q {params.base}"
        " -T {input.positions:q} -f {input.reference:q} -O z -o {output:q} {input.reads[0]:q}"
        " 2> {log:q}"


rule allele_counts:
    input:
        pileup=f"{READS}/pileup/{{alignment}}.vcf.gz",
        snps=lambda wildcards: snps_of(PLAN.alignment(wildcards.alignment)),
        mutations=patient_sites("mutations.tsv"),
    output:
        snps=f"{READS}/snps/{{alignment}}.tsv.gz",
        mutations=f"{READS}/mutations/{{alignment}}.tsv",
    log:
        f"{RESULTS}/logs/reads/allele_counts/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/allele_counts/{{alignment}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=60,
    params:
        sample=lambda wildcards: PLAN.alignment(wildcards.alignment).sample,
        version=VERSION,
    shell:
        "her2omics reads counts --sample {params.sample:q} --pileup {input.pileup:q}"
        " --snp-sites {input.snps:q} --mutation-sites {input.mutations:q}"
        " --snps {output.snps:q} --mutations {output.mutations:q} 2> {log:q}"
