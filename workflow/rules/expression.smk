# ERBB2 and its 17q12 neighbours in each sample and pair, and the change of the whole cohort.


rule expression:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
    output:
        expression=f"{RESULTS}/batches/{{batch}}/expression.tsv",
        pairs=f"{RESULTS}/batches/{{batch}}/expression_pairs.tsv",
    log:
        f"{RESULTS}/logs/expression/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/expression/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(output.expression, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics expression --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --batch {params.batch} --out {params.tables:q} 2> {log:q}"


rule differential:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        gene_sets=gene_sets(),
    output:
        genes=f"{RESULTS}/differential.tsv",
        pathways=f"{RESULTS}/pathways.tsv",
    log:
        f"{RESULTS}/logs/differential.log",
    benchmark:
        f"{RESULTS}/benchmarks/differential.tsv"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        cohort=subpath(input.cohort, parent=True),
        out=subpath(output.genes, parent=True),
        version=VERSION,
    shell:
        "her2omics differential --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --out {params.out:q} 2> {log:q}"
