# FASTQ to the BAM of each lane. Studies with tables only plan none of these rules.


rule reference_index:
    input:
        REFERENCE,
    output:
        multiext(
            f"{READS}/reference/genome", *(f".{ending}" for ending in INDEX[ALIGNER] or ["amb"])
        ),
    log:
        f"{RESULTS}/logs/reads/reference_index.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/reference_index.tsv"
    conda:
        "../../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=memory(8000 if ALIGNER == "bwa" else 80000),
        runtime=240,
    params:
        prefix=subpath(output[0], strip_suffix=".amb"),
        aligner=ALIGNER,
    shell:
        "{params.aligner} index -p {params.prefix:q} {input:q} 2> {log:q}"


# Once for all samples; again only where a file, or her2omics, is another one.
rule hash_reference:
    input:
        lambda wildcards: local(PLAN.reference_files()[wildcards.reference_file]),
    output:
        f"{READS}/checked/{{reference_file}}.reference.txt",
    log:
        f"{RESULTS}/logs/reads/hash_reference/{{reference_file}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/hash_reference/{{reference_file}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(200),
        runtime=30,
    params:
        version=VERSION,
    shell:
        "her2omics reads hash --files {input:q} > {output:q} 2> {log:q}"


rule check_lane:
    input:
        reads=lane_files,
    output:
        f"{READS}/checked/{{lane}}.txt",
    log:
        f"{RESULTS}/logs/reads/check_lane/{{lane}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/check_lane/{{lane}}.tsv"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=60,
    params:
        sample=lambda wildcards: PLAN.lanes[wildcards.lane].sample,
        version=VERSION,
    shell:
        "her2omics reads check-lane --sample {params.sample:q} --files {input.reads:q}"
        " > {output:q} 2> {log:q}"


rule align_lane:
    input:
        reads=lane_files,
        checked=f"{READS}/checked/{{lane}}.txt",
        reference=REFERENCE,
        index=index_files(),
    output:
        bam=temp(f"{READS}/lanes/{{lane}}.bam"),
        trimming=f"{READS}/fastp/{{lane}}.json",
        page=f"{READS}/fastp/{{lane}}.html",
    log:
        f"{RESULTS}/logs/reads/align_lane/{{lane}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/align_lane/{{lane}}.tsv"
    conda:
        "../../envs/align.yaml"
    threads: 8
    resources:
        mem_mb=memory(12000),
        runtime=720,
    params:
        aligner=ALIGN[ALIGNER],
        index=index_prefix,
        files=fastp_files,
        pairs=lambda wildcards, input: "-p" if len(input.reads) == 2 and "bwa" in ALIGNER else "",
        read_group=lambda wildcards: PLAN.lanes[wildcards.lane].read_group,
        sorting=lambda wildcards, output: f"{output.bam}.sorting",
    shell:
        "(fastp --stdout -w 2 -j {output.trimming:q} -h {output.page:q} {params.files}"
        " | {params.aligner} {params.pairs} -t {threads} -R {params.read_group:q}"
        " {params.index:q} - | samtools fixmate -m -u --no-PG - -"
        " | samtools sort --no-PG -m 512M -T {params.sorting:q} -o {output.bam:q} -) 2> {log:q}"
