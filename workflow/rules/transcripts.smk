# RNA reads to counts per gene, and the sheets that name all tables made.


rule transcript_index:
    input:
        local(SETTINGS["reads"]["transcripts"] or "no_transcripts"),
    output:
        directory(f"{READS}/reference/salmon"),
    log:
        f"{RESULTS}/logs/reads/transcript_index.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/transcript_index.tsv"
    conda:
        "../../envs/salmon.yaml"
    threads: 4
    resources:
        mem_mb=memory(8000),
        runtime=120,
    shell:
        "salmon index --gencode -p {threads} -t {input:q} -i {output:q} > {log:q} 2>&1"


rule trim_rna:
    input:
        reads=lane_files,
        checked=f"{READS}/checked/{{lane}}.txt",
    output:
        reads=temp(directory(f"{READS}/trimmed/{{lane}}")),
        trimming=f"{READS}/fastp/{{lane}}.rna.json",
        page=f"{READS}/fastp/{{lane}}.rna.html",
    log:
        f"{RESULTS}/logs/reads/trim_rna/{{lane}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/trim_rna/{{lane}}.tsv"
    conda:
        "../../envs/salmon.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=240,
    params:
        files=fastp_files,
        trimmed=lambda wildcards, input, output: shlex.join(
            word
            for option, number, _ in zip(("-o", "-O"), (1, 2), input.reads)
            for word in (option, f"{output.reads}/{number}.fastq.gz")
        ),
    shell:
        "(mkdir -p {output.reads:q} && fastp -w {threads} -z 1 -j {output.trimming:q}"
        " -h {output.page:q} {params.files} {params.trimmed}) 2> {log:q}"


rule salmon:
    input:
        reads=lambda wildcards: [
            f"{READS}/trimmed/{lane.name}" for lane in PLAN.rna[wildcards.rna_sample]
        ],
        index=f"{READS}/reference/salmon",
        gtf=local(SETTINGS["reads"]["gtf"] or "no_gtf"),
    output:
        genes=f"{READS}/salmon/{{rna_sample}}/quant.genes.sf",
        strand=f"{READS}/salmon/{{rna_sample}}/lib_format_counts.json",
    log:
        f"{RESULTS}/logs/reads/salmon/{{rna_sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/salmon/{{rna_sample}}.tsv"
    conda:
        "../../envs/salmon.yaml"
    # With several workers the order of the reads, and with it the last digits, change from run to run.
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=720,
    params:
        files=salmon_files,
        library=salmon_library,
        folder=subpath(output.genes, parent=True),
    shell:
        "salmon quant -p {threads} -l {params.library} -i {input.index:q} -g {input.gtf:q}"
        " {params.files} -o {params.folder:q} > {log:q} 2>&1"


rule tool_version:
    output:
        f"{READS}/versions/{{tool}}.txt",
    log:
        f"{RESULTS}/logs/reads/tool_version/{{tool}}.log",
    conda:
        lambda wildcards: f"../../envs/{tools.ENVIRONMENT[wildcards.tool]}.yaml"
    threads: 1
    resources:
        mem_mb=memory(200),
        runtime=5,
    params:
        command=lambda wildcards: shlex.join([wildcards.tool, *tools.VERSION_OF[wildcards.tool]]),
    shell:
        "({params.command} 2>&1 || true) > {log:q}"
        " && grep -m 1 -o -E '[0-9]+[.][0-9]+[0-9A-Za-z.+-]*' {log:q} > {output:q}"


rule read_sheets:
    input:
        samples=SAMPLES,
        units=GIVEN_UNITS,
        config=CONFIG,
        tables=PLAN.tables(),
        quality=quality_files(),
        checked=checked_files(),
        versions=expand(f"{READS}/versions/{{tool}}.txt", tool=TOOLS),
    output:
        tables=f"{READS}/units.tsv",
        quality=f"{READS}/reads_quality.tsv",
        aligned=f"{READS}/units_aligned.tsv",
        inputs=f"{READS}/inputs.sha256",
    log:
        f"{RESULTS}/logs/reads/read_sheets.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/read_sheets.tsv"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=10,
    params:
        out=subpath(output.tables, parent=True),
        version=VERSION,
    shell:
        "her2omics reads units --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --out {params.out:q} 2> {log:q}"
