# Gates: what the data of each case cannot carry.


rule quality:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        identity=f"{RESULTS}/cohort/identity.tsv",
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
        dna_errors=f"{RESULTS}/batches/{{batch}}/copy_number_errors.tsv",
        lineage=f"{RESULTS}/batches/{{batch}}/lineage.tsv",
        mutation_errors=f"{RESULTS}/batches/{{batch}}/clone_errors.tsv",
        expression=f"{RESULTS}/batches/{{batch}}/expression_pairs.tsv",
        subtype=f"{RESULTS}/batches/{{batch}}/switches.tsv",
        single_cell=f"{RESULTS}/batches/{{batch}}/single_cell.tsv",
        cell_errors=f"{RESULTS}/batches/{{batch}}/single_cell_errors.tsv",
    output:
        quality=f"{RESULTS}/batches/{{batch}}/gates/quality.tsv",
    log:
        f"{RESULTS}/logs/quality/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/quality/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=30,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(input.purity, parent=True),
        out=subpath(output.quality, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics quality --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --batch {params.batch} --out {params.out:q} 2> {log:q}"
