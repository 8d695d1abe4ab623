# Clusters of mutations in each patient's samples, their tree, and whether a pair is one tumour.


rule clones:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        files=mutation_files_of,
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
        segments=f"{RESULTS}/batches/{{batch}}/copy_number_segments.tsv",
        copies=f"{RESULTS}/batches/{{batch}}/copy_number.tsv",
    output:
        mutations=f"{RESULTS}/batches/{{batch}}/mutations.tsv",
        clusters=f"{RESULTS}/batches/{{batch}}/clusters.tsv",
        clones=f"{RESULTS}/batches/{{batch}}/clones.tsv",
        trees=f"{RESULTS}/batches/{{batch}}/clone_trees.json",
        samples=f"{RESULTS}/batches/{{batch}}/clone_samples.tsv",
        shifts=f"{RESULTS}/batches/{{batch}}/cluster_shifts.tsv",
        branch=f"{RESULTS}/batches/{{batch}}/amplicon_branch.tsv",
        lineage=f"{RESULTS}/batches/{{batch}}/lineage.tsv",
        drivers=f"{RESULTS}/batches/{{batch}}/drivers.tsv",
        errors=f"{RESULTS}/batches/{{batch}}/clone_errors.tsv",
    log:
        f"{RESULTS}/logs/clones/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/clones/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        tables=subpath(output.clusters, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics clones --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --copy-number {params.tables:q}"
        " --batch {params.batch} --out {params.tables:q} 2> {log:q}"
