# Reads config and sheets, once, before any rule: what is wrong is said here, all of it.
import os
import sys
from pathlib import Path

import yaml

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

try:
    import her2omics
    from her2omics.errors import InputError, raise_all
    from her2omics.reads.plan import plan
    from her2omics.sheets.batches import batch_count, batch_patients
    from her2omics.sheets.config import read_config
    from her2omics.sheets.normal_bins import normal_bins, wants_references
    from her2omics.sheets.study import read_study
    from her2omics.sheets.unit_rows import DNA_TABLES
except ImportError as error:
    raise WorkflowError(
        f"The package her2omics is not installed for {sys.executable} ({error}).\n"
        "Run `pip install .` in the folder of her2omics with this Python, then start again."
    ) from None


def read_settings(given):
    """Return the complete config; a problem that stands in a config file is named with its line."""
    try:
        return read_config(None, given)
    except InputError:
        if not workflow.modifier.skip_configfile:  # in a module the file belongs to someone else
            for path in workflow.configfiles:
                read_config(Path(path))
        raise


def read_inputs(given):
    """Return config, study and what is made of its reads, or stop with every problem found."""
    try:
        settings = read_settings(given)
        study = read_study(Path(settings["samples"]), Path(settings["units"]), config=settings)
        planned, problems = plan(study, Path(settings["results"], "reads"))
        raise_all(problems)
    except InputError as error:
        found = "\n".join(f"  {problem}" for problem in error.problems)
        raise WorkflowError(f"The input cannot be used yet:\n{found}") from None
    if Path(settings["samples"]).resolve().parent == Path(settings["results"]).resolve():
        raise WorkflowError(
            f"results: {settings['results']} is the folder of the sheets: name another one"
        )
    return settings, study, planned


def settings_text():
    """Return the complete config as the YAML that every command reads."""
    return yaml.safe_dump(dict(SETTINGS), sort_keys=False, allow_unicode=True)


def memory(megabytes):
    """Return mem_mb that doubles with every attempt (attempts are set by the profile's retries)."""
    return lambda wildcards, attempt: megabytes * 2 ** (attempt - 1)


def batch_numbers():
    """Return the numbers of the batches of patients, 1 to N, as text."""
    total = batch_count(len(STUDY.patients()), SETTINGS["batch_size"])
    return [str(number) for number in range(1, total + 1)]


def batch_of(wildcards):
    """Return the batch as the commands take it, `I/N`."""
    return f"{wildcards.batch}/{len(BATCHES)}"


def folders_of(name):
    """Return a function for the folders of an input's files, in the order of the batches."""
    return lambda wildcards, input: [str(Path(file).parent) for file in input[name]]


def case_pages():
    """Return the marks of the case pages of every batch; none if the config wants no pages."""
    if SETTINGS["report"]["case_pages"] == "none":
        return []
    return expand(f"{RESULTS}/batches/{{batch}}/case_pages.done", batch=BATCHES)


def rna_files():
    """Return the files of the RNA units, in the order of the sheet, each once."""
    rna = STUDY.units[STUDY.units["assay"].eq("rna")]
    paths = [*rna["path"].dropna(), *rna["path2"].dropna()]
    return [local(path) for path in dict.fromkeys(paths)]


def files_of(wildcards, filetypes, columns=("path",)):
    """Return the files of a batch's patients of some filetypes, in the sheet's order, each once."""
    patients = batch_patients(STUDY.patients(), int(wildcards.batch), len(BATCHES))
    samples = STUDY.samples.loc[STUDY.samples["patient"].isin(patients), "sample"]
    units = STUDY.units[STUDY.units["filetype"].isin(filetypes)]
    units = units[units["sample"].isin(samples)]
    paths = [path for column in columns for path in units[column].dropna()]
    return [local(path) for path in dict.fromkeys(paths)]


def dna_files_of(wildcards):
    """Return the DNA tables of a batch's patients."""
    return files_of(wildcards, DNA_TABLES)


def mutation_files_of(wildcards):
    """Return the mutation tables of a batch's patients, and the designs they name."""
    return files_of(wildcards, ["mutations"], columns=("path", "targets"))


def cohort_dna_files():
    """Return the SNP files, the bins of normals, and the reference that the config names."""
    snps = STUDY.units.loc[STUDY.units["filetype"].eq("snps"), "path"]
    bins = normal_bins(STUDY)
    reference = SETTINGS["copy_number"]["reference"]
    paths = [*snps, *bins["path"], *bins["targets"].dropna(), *([reference] if reference else [])]
    return [local(path) for path in dict.fromkeys(paths)]


def gene_sets():
    """Return the user's file of gene sets, if the config names one."""
    return [local(SETTINGS["gene_sets"])] if SETTINGS["gene_sets"] else []


def cohort_files():
    """Return the cohort folder's files; those of RNA and of normals only where there are any."""
    names = ["pairs.tsv", "reference.tsv", "noise.tsv", "identity.tsv", "input_errors.tsv"]
    names.append("cohort.yaml")
    if STUDY.units["assay"].eq("rna").any():
        names += ["centring.tsv", "expression.h5ad"]
    files = [f"{RESULTS}/cohort/{name}" for name in names]
    return files + ([directory(f"{RESULTS}/cohort/normals")] if wants_references(STUDY) else [])


def frozen_cohort():
    """Return the files of the frozen cohort folder that the config names, if it names one."""
    folder = SETTINGS.get("cohort_from")
    if not folder:
        return []
    paths = [*sorted(Path(folder).glob("*.*")), *sorted(Path(folder).glob("normals/*.npz"))]
    return [local(path) for path in paths]


SETTINGS, GIVEN, PLAN = read_inputs(config)
STUDY = GIVEN if PLAN.empty else PLAN.derived()  # reads become tables, see reads.smk
RESULTS = SETTINGS["results"]
BATCHES = batch_numbers()
BATCH_TABLES = [
    "purity",
    "copy_number",
    "copy_number_pairs",
    "copy_number_segments",
    "locus_bins",
    "copy_number_errors",
    "mutations",
    "clusters",
    "clones",
    "clone_samples",
    "cluster_shifts",
    "amplicon_branch",
    "lineage",
    "drivers",
    "clone_errors",
    "single_cell",
    "single_cell_clones",
    "single_cell_pairs",
    "single_cell_doses",
    "single_cell_map",
    "single_cell_errors",
    "expression",
    "expression_pairs",
    "subtypes",
    "switches",
    "quality",
    "evidence",
    "contributions",
]
COHORT_TABLES = ["differential", "pathways"]
VERSION = her2omics.__version__  # a parameter of every rule: a new version runs them again

# The sheets stay where the user has them, also when the workflow is a module with a prefix.
SAMPLES = local(SETTINGS["samples"])
GIVEN_UNITS = local(SETTINGS["units"])
UNITS = GIVEN_UNITS if PLAN.empty else f"{RESULTS}/reads/units.tsv"

# Rules call the `her2omics` of the Python that runs Snakemake, whichever environment is active.
search = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
os.environ.update(PATH=os.pathsep.join(search))

if workflow.is_main_process:
    for problem in GIVEN.warnings:
        logger.warning(f"her2omics: {problem}")


wildcard_constraints:
    batch=r"\d+",
