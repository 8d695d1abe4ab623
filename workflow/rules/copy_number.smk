# Purity of each sample (and, from DNA, the copies of ERBB2).


rule copy_number:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
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
        out=subpath(output.purity, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics copy-number --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --batch {params.batch} --out {params.out:q} 2> {log:q}"
