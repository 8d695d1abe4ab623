# The config and the sheets as used, and everything that needs more than one patient.


localrules:
    settings,
    sheets,


rule settings:
    output:
        f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/settings.log",
    params:
        text=settings_text(),
    shell:
        "printf '%s' {params.text:q} > {output:q} 2> {log:q}"


rule sheets:
    input:
        samples=SAMPLES,
        units=GIVEN_UNITS,
    output:
        samples=f"{RESULTS}/samples.tsv",
        units=f"{RESULTS}/units.tsv",
    log:
        f"{RESULTS}/logs/sheets.log",
    shell:
        "(cp {input.samples:q} {output.samples:q}"
        " && cp {input.units:q} {output.units:q}) 2> {log:q}"


rule cohort:
    input:
        samples=SAMPLES,
        units=UNITS,
        config=f"{RESULTS}/config.yaml",
        files=rna_files(),
        dna=cohort_dna_files(),
        frozen=frozen_cohort(),
    output:
        cohort_files(),
    log:
        f"{RESULTS}/logs/cohort.log",
    benchmark:
        f"{RESULTS}/benchmarks/cohort.tsv"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        out=subpath(output[0], parent=True),
        version=VERSION,
    shell:
        "her2omics cohort --samples {input.samples:q} --units {input.units:q}"
        " --config {input.config:q} --out {params.out:q} 2> {log:q}"
