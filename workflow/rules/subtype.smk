# The intrinsic subtype of each sample, and whether it changed within a pair.


rule subtype:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
    output:
        subtypes=f"{RESULTS}/batches/{{batch}}/subtypes.tsv",
        switches=f"{RESULTS}/batches/{{batch}}/switches.tsv",
    log:
        f"{RESULTS}/logs/subtype/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/subtype/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(output.subtypes, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics subtype --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --batch {params.batch} --out {params.tables:q} 2> {log:q}"
