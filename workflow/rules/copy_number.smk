# Purity of each sample (and, from DNA, the copies of ERBB2).


rule copy_number:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
    output:
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
    log:
        f"{RESULTS}/logs/copy_number/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/copy_number/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=30,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(output.purity, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics copy-number --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --batch {params.batch} --out {params.tables:q} 2> {log:q}"
