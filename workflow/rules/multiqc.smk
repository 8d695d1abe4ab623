# One page over what the tools of the reads said, with identity, purity and gates beside it.


rule multiqc_content:
    input:
        quality=f"{RESULTS}/quality.tsv",
        purity=f"{RESULTS}/purity.tsv",
        identity=f"{RESULTS}/cohort/identity.tsv",
        reads=f"{READS}/reads_quality.tsv",
    output:
        directory(f"{READS}/multiqc/content"),
    log:
        f"{RESULTS}/logs/reads/multiqc_content.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/multiqc_content.tsv"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=10,
    params:
        tables=subpath(input.quality, parent=True),
        cohort=subpath(input.identity, parent=True),
        reads=subpath(input.reads, parent=True),
        version=VERSION,
    shell:
        "her2omics reads multiqc --tables {params.tables:q} --cohort {params.cohort:q}"
        " --reads {params.reads:q} --out {output:q} 2> {log:q}"


rule multiqc:
    input:
        content=f"{READS}/multiqc/content",
        quality=quality_files(),
        salmon=salmon_folders(),
    output:
        page=report(
            f"{READS}/multiqc/multiqc_report.html",
            caption="../report/multiqc.rst",
            category="Cohort",
            labels={"table": "quality of the reads"},
        ),
        tables=directory(f"{READS}/multiqc/multiqc_report_data"),
    log:
        f"{RESULTS}/logs/reads/multiqc.log",
    benchmark:
        f"{RESULTS}/benchmarks/reads/multiqc.tsv"
    conda:
        "../../envs/multiqc.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        out=subpath(output.page, parent=True),
        name=subpath(output.page, basename=True),
        said=multiqc_folders,
    shell:
        "multiqc --force --config {input.content:q}/multiqc_config.yaml --outdir {params.out:q}"
        " --filename {params.name:q} {input.content:q} {params.said:q} > {log:q} 2>&1"
