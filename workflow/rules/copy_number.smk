# Purity of each sample (and, from DNA, the copies of ERBB2).


rule copy_number:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        files=dna_files_of,
        cohort=f"{RESULTS}/cohort/cohort.yaml",
    output:
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
        copy_number=f"{RESULTS}/batches/{{batch}}/copy_number.tsv",
        pairs=f"{RESULTS}/batches/{{batch}}/copy_number_pairs.tsv",
        segments=f"{RESULTS}/batches/{{batch}}/copy_number_segments.tsv",
        locus=f"{RESULTS}/batches/{{batch}}/locus_bins.tsv",
        errors=f"{RESULTS}/batches/{{batch}}/copy_number_errors.tsv",
    log:
        f"{RESULTS}/logs/copy_number/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/copy_number/{{batch}}.tsv"
    group:
        "batch"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        cohort=subpath(input.cohort, parent=True),
        out=subpath(output.purity, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics copy-number --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --batch {params.batch}"
        " --out {params.out:q} 2> {log:q}"
