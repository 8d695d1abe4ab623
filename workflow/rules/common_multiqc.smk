# What the rules of MultiQC ask: the folders of what the tools said, and whether there is a page.


def multiqc_folders(wildcards, input):
    """Return the folders of what the tools said, each once."""
    folders = dict.fromkeys(Path(path).parent for path in [*input.quality, *input.salmon])
    kinds = ("fastp", "bam", "depth")
    return [str(path) for path in folders if path.name in kinds or path.parent.name == "salmon"]


def salmon_folders():
    """Return what salmon wrote of each library that MultiQC reads."""
    return [f"{READS}/salmon/{sample}/lib_format_counts.json" for sample in PLAN.rna]


def multiqc_page():
    """Return the page of MultiQC, if one is made."""
    return [f"{READS}/multiqc/multiqc_report.html"] if "multiqc" in TOOLS else []
