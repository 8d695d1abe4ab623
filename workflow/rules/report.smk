# The pages: one per case, one for the cohort, with methods and versions.


rule case_pages:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        cases=f"{RESULTS}/batches/{{batch}}/cases.tsv",
        tables=expand(f"{RESULTS}/batches/{{{{batch}}}}/{{table}}.tsv", table=BATCH_TABLES),
    output:
        done=touch(f"{RESULTS}/batches/{{batch}}/case_pages.done"),
    log:
        f"{RESULTS}/logs/case_pages/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/case_pages/{{batch}}.tsv"
    group:
        "verdict"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(input.cases, parent=True),
        batch=batch_of,
        results=subpath(input.config, parent=True),
        version=VERSION,
    shell:
        "her2omics report --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --batch {params.batch} --pages cases --out {params.results:q}/report 2> {log:q}"


rule cohort_page:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        cohort=f"{RESULTS}/cohort/cohort.yaml",
        noise=f"{RESULTS}/cohort/model_noise.tsv",
        cases=f"{RESULTS}/cases.tsv",
        tables=expand(f"{RESULTS}/{{table}}.tsv", table=[*BATCH_TABLES, *COHORT_TABLES]),
    output:
        index=report(
            f"{RESULTS}/report/index.html",
            caption="../report/index.rst",
            category="Cohort",
            labels={"table": "report"},
        ),
        figures=directory(f"{RESULTS}/report/figures"),
        methods=f"{RESULTS}/methods.md",
        versions=f"{RESULTS}/versions.yaml",
    log:
        f"{RESULTS}/logs/cohort_page.log",
    benchmark:
        f"{RESULTS}/benchmarks/cohort_page.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        cohort=subpath(input.cohort, parent=True),
        tables=subpath(input.cases, parent=True),
        out=subpath(output.index, parent=True),
        version=VERSION,
    shell:
        "her2omics report --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --cohort {params.cohort:q} --tables {params.tables:q}"
        " --pages cohort --out {params.out:q} 2> {log:q}"
