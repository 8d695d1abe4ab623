# From the evidence of each case to its label, and the batches joined to the tables of the cohort.


rule calibrate:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        frozen=frozen_cohort(),
        purity=expand(f"{RESULTS}/batches/{{batch}}/purity.tsv", batch=BATCHES),
        tables=expand(
            f"{RESULTS}/batches/{{batch}}/{{table}}.tsv",
            batch=BATCHES,
            table=[
                "clusters",
                "amplicon_branch",
                "expression",
                "switches",
                "single_cell",
                "single_cell_pairs",
                "gates/quality",
            ],
        ),
    output:
        noise=f"{RESULTS}/cohort/model_noise.tsv",
    log:
        f"{RESULTS}/logs/calibrate.log",
    benchmark:
        f"{RESULTS}/benchmarks/calibrate.tsv"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=folders_of("purity"),
        version=VERSION,
    shell:
        "her2omics calibrate --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --cores {threads} --out {params.cohort:q} 2> {log:q}"


rule classify:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        purity=f"{RESULTS}/batches/{{batch}}/purity.tsv",
        clusters=f"{RESULTS}/batches/{{batch}}/clusters.tsv",
        branch=f"{RESULTS}/batches/{{batch}}/amplicon_branch.tsv",
        expression=f"{RESULTS}/batches/{{batch}}/expression_pairs.tsv",
        subtype=f"{RESULTS}/batches/{{batch}}/switches.tsv",
        cells=f"{RESULTS}/batches/{{batch}}/single_cell.tsv",
        cell_pairs=f"{RESULTS}/batches/{{batch}}/single_cell_pairs.tsv",
        quality=f"{RESULTS}/batches/{{batch}}/gates/quality.tsv",
        noise=f"{RESULTS}/cohort/model_noise.tsv",
    output:
        quality=f"{RESULTS}/batches/{{batch}}/quality.tsv",
        evidence=f"{RESULTS}/batches/{{batch}}/evidence.tsv",
        contributions=f"{RESULTS}/batches/{{batch}}/contributions.tsv",
        cases=f"{RESULTS}/batches/{{batch}}/cases.tsv",
    log:
        f"{RESULTS}/logs/classify/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/classify/{{batch}}.tsv"
    group:
        "verdict"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(output.cases, parent=True),
        batch=batch_of,
        version=VERSION,
    shell:
        "her2omics classify --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --quality {input.quality:q} --noise {input.noise:q}"
        " --batch {params.batch} --cores {threads}"
        " --out {params.tables:q} 2> {log:q}"


rule gather:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cases=expand(f"{RESULTS}/batches/{{batch}}/cases.tsv", batch=BATCHES),
        tables=expand(
            f"{RESULTS}/batches/{{batch}}/{{table}}.tsv",
            batch=BATCHES,
            table=BATCH_TABLES,
        ),
        trees=expand(f"{RESULTS}/batches/{{batch}}/clone_trees.json", batch=BATCHES),
        cells=expand(f"{RESULTS}/batches/{{batch}}/single_cell", batch=BATCHES),
    output:
        trees=f"{RESULTS}/clone_trees.json",
        cells=directory(f"{RESULTS}/single_cell"),
        cases=report(
            f"{RESULTS}/cases.tsv",
            caption="../report/cases.rst",
            category="Cohort",
            labels={"table": "cases"},
        ),
        tables=expand(f"{RESULTS}/{{table}}.tsv", table=BATCH_TABLES),
    log:
        f"{RESULTS}/logs/gather.log",
    benchmark:
        f"{RESULTS}/benchmarks/gather.tsv"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=30,
    params:
        batches=folders_of("cases"),
        out=subpath(output.cases, parent=True),
        version=VERSION,
    shell:
        "her2omics gather --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --out {params.out:q} {params.batches:q} 2> {log:q}"
