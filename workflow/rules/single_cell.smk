# Single cells: the amplified share of each biopsy, and the ERBB2 output of the amplified cells.


rule single_cell:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        files=lambda wildcards: files_of(wildcards, ["h5ad", "10x"]),
        segments=f"{RESULTS}/batches/{{batch}}/copy_number_segments.tsv",
    output:
        samples=f"{RESULTS}/batches/{{batch}}/single_cell.tsv",
        clones=f"{RESULTS}/batches/{{batch}}/single_cell_clones.tsv",
        pairs=f"{RESULTS}/batches/{{batch}}/single_cell_pairs.tsv",
        doses=f"{RESULTS}/batches/{{batch}}/single_cell_doses.tsv",
        map=f"{RESULTS}/batches/{{batch}}/single_cell_map.tsv",
        errors=f"{RESULTS}/batches/{{batch}}/single_cell_errors.tsv",
        cells=directory(f"{RESULTS}/batches/{{batch}}/single_cell"),
    log:
        f"{RESULTS}/logs/single_cell/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/single_cell/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(6000 if STUDY.units["assay"].eq("scrna").any() else 500),
        runtime=60,
    params:
        tables=subpath(output.samples, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics single-cell --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q}"
        " --batch {params.batch} --out {params.tables:q} 2> {log:q}"
