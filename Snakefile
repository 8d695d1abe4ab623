# The workflow, runnable from the root of the repository: `snakemake --cores 2`,
# or from anywhere: `snakemake -s her2omics/Snakefile --directory WORK --cores 2`.


include: "workflow/Snakefile"


# An included rule is never the default target, so the default is said here.
rule default:
    default_target: True
    input:
        rules.all.input,
