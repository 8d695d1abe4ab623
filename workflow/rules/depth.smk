# Aligned reads to bins: one BAM per sample, depth in windows, log2 ratios.


rule merge_lanes:
    input:
        lanes_of,
    output:
        bam=f"{READS}/bam/{{alignment}}.bam",
        bai=f"{READS}/bam/{{alignment}}.bam.bai",
        duplicates=f"{READS}/bam/{{alignment}}.duplicates.txt",
    log:
        f"{RESULTS}/logs/reads/merge_lanes/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/merge_lanes/{{alignment}}.tsv"
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        marking=lambda wildcards, output: f"{output.bam}.marking",
    shell:
        "(samtools merge --no-PG -f -u -o - {input:q}"
        " | samtools markdup --no-PG -@ {threads} -f {output.duplicates:q}"
        " -T {params.marking:q} - {output.bam:q}"
        " && samtools index {output.bam:q} {output.bai:q}) 2> {log:q}"


rule check_bam:
    input:
        samples=SAMPLES_BEFORE,
        units=UNITS_BEFORE,
        config=CONFIG,
        bam=lambda wildcards: local(PLAN.alignment(wildcards.alignment).bam),
    output:
        f"{READS}/checked/{{alignment}}.bam.txt",
    log:
        f"{RESULTS}/logs/reads/check_bam/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/check_bam/{{alignment}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=120,
    params:
        version=VERSION,
    shell:
        "her2omics reads check-bam --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --alignment {wildcards.alignment:q} > {output:q} 2> {log:q}"


# The folder of a user's BAM may be read-only: the index lies beside a link.
rule index_bam:
    input:
        bam=lambda wildcards: local(PLAN.alignment(wildcards.alignment).bam),
        checked=f"{READS}/checked/{{alignment}}.bam.txt",
    output:
        link=f"{READS}/given/{{alignment}}.{{kind}}am",
        index=f"{READS}/given/{{alignment}}.{{kind}}am.{{kind}}ai",
    log:
        f"{RESULTS}/logs/reads/index_bam/{{alignment}}.{{kind}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/index_bam/{{alignment}}.{{kind}}.tsv"
    wildcard_constraints:
        kind="b|cr",
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(1000),
        runtime=120,
    shell:
        '(ln -s -f "$(realpath {input.bam:q})" {output.link:q}'
        " && samtools index -@ {threads} {output.link:q} {output.index:q}) 2> {log:q}"


rule windows:
    input:
        config=CONFIG,
        reference=REFERENCE,
        targets=design_targets,
    output:
        table=f"{READS}/windows/{{design}}.tsv",
        bed=f"{READS}/windows/{{design}}.bed",
        targets=f"{READS}/windows/{{design}}.only_targets.bed",
    log:
        f"{RESULTS}/logs/reads/windows/{{design}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/windows/{{design}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=60,
    params:
        targets=lambda wildcards, input: ["--targets", *input.targets] if input.targets else [],
        lengths=[SETTINGS["reads"][key] for key in ("wgs_bin", "off_target_bin")],
        version=VERSION,
    shell:
        "her2omics reads windows --config {input.config:q} {params.targets:q}"
        " --out {output.table:q} --bed {output.bed:q} --targets-out {output.targets:q} 2> {log:q}"


rule depth:
    input:
        reads=lambda wildcards: aligned(PLAN.alignment(wildcards.alignment)),
        reference=REFERENCE,
        windows=windows_of("bed"),
    output:
        regions=f"{READS}/depth/{{alignment}}.regions.bed.gz",
        summary=f"{READS}/depth/{{alignment}}.mosdepth.summary.txt",
    log:
        f"{RESULTS}/logs/reads/depth/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/depth/{{alignment}}.tsv"
    conda:
        "../../envs/variants.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        prefix=lambda wildcards, output: output.regions.removesuffix(".regions.bed.gz"),
        quality=SETTINGS["reads"]["mapping_quality"],
    shell:
        "mosdepth -n -t {threads} -Q {params.quality} -f {input.reference:q}"
        " --by {input.windows:q} {params.prefix:q} {input.reads[0]:q} > {log:q} 2>&1"


rule bins:
    input:
        windows=windows_of("tsv"),
        depth=f"{READS}/depth/{{alignment}}.regions.bed.gz",
        normal=normal_depth,
    output:
        f"{READS}/bins/{{alignment}}.tsv.gz",
    log:
        f"{RESULTS}/logs/reads/bins/{{alignment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/bins/{{alignment}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=30,
    params:
        normal=lambda wildcards, input: ["--normal", *input.normal] if input.normal else [],
        version=VERSION,
    shell:
        "her2omics reads bins --windows {input.windows:q} --depth {input.depth:q}"
        " {params.normal:q} --out {output:q} 2> {log:q}"
