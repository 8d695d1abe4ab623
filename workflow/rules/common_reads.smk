# What the rules of reads ask: files of lanes, alignments, designs, patients and RNA libraries.
import re
import shlex

from her2omics.reads import tools

READS = f"{RESULTS}/reads"
CONFIG = ancient(f"{RESULTS}/config.yaml")  # what a rule needs of it is named in its params
# Another row of the sheets makes no reads anew. Objects of their own: `ancient` marks what it gets.
SAMPLES_BEFORE = ancient(local(SETTINGS["samples"]))
UNITS_BEFORE = ancient(local(SETTINGS["units"]))
REFERENCE = local(SETTINGS["reads"]["reference"] or "no_reference")
ALIGNER = SETTINGS["reads"]["aligner"]
ALIGN = {"bwa": "bwa mem -K 10000000", "bwa-mem2": "bwa-mem2 mem -K 10000000"}
ALIGN["minimap2"] = "minimap2 -a -x sr"  # mates that follow each other are taken as a pair
INDEX = {"bwa": ["amb", "ann", "bwt", "pac", "sa"], "minimap2": []}
INDEX["bwa-mem2"] = ["amb", "ann", "bwt.2bit.64", "pac", "0123"]

STRANDS = {None: "A", "unstranded": "U", "forward": "SF", "reverse": "SR"}


DEPLOYED = bool(workflow.deployment_settings.deployment_method)
TOOLS = tools.needed(PLAN, deployed=DEPLOYED)


def names(values):
    """Return a wildcard constraint that allows these names alone."""
    return "|".join(re.escape(value) for value in values) or "none"


def index_files():
    """Return the files of the aligner's index: beside the reference, or made in the results."""
    beside = [f"{SETTINGS['reads']['reference']}.{ending}" for ending in INDEX[ALIGNER]]
    if all(Path(path).is_file() for path in beside):
        return [local(path) for path in beside]
    return [f"{READS}/reference/genome.{ending}" for ending in INDEX[ALIGNER]]


def index_prefix(wildcards, input):
    """Return what the aligner is told to align to."""
    if not INDEX[ALIGNER]:
        return input.reference
    return input.index[0].removesuffix(f".{INDEX[ALIGNER][0]}")


def lane_files(wildcards):
    """Return the FASTQ files of a lane."""
    return [local(path) for path in PLAN.lanes[wildcards.lane].files]


def fastp_files(wildcards, input):
    """Return the FASTQ files of a lane as fastp takes them."""
    named = zip(("-i", "-I"), input.reads)
    return " ".join(f"{option} {shlex.quote(str(path))}" for option, path in named)


def lanes_of(wildcards):
    """Return the aligned lanes of an alignment."""
    lanes = PLAN.alignment(wildcards.alignment).lanes
    return [f"{READS}/lanes/{lane.name}.bam" for lane in lanes]


def aligned(alignment):
    """Return the BAM of an alignment, and its index: made, or the user's."""
    if alignment.lanes:
        return [f"{READS}/bam/{alignment.name}.bam", f"{READS}/bam/{alignment.name}.bam.bai"]
    checked = f"{READS}/checked/{alignment.name}.bam.txt"
    if not alignment.without_index:
        return [local(alignment.bam), checked]
    kind = Path(alignment.bam).suffix.removesuffix("am")  # .bam and .bai, .cram and .crai
    link = f"{READS}/given/{alignment.name}{kind}am"
    return [link, f"{link}{kind}ai", checked]


def quality_files():
    """Return the files that tell how good the reads are."""
    made = [one for one in PLAN.alignments if one.lanes]
    endings = {f"{lane.name}.json": None for one in made for lane in one.lanes}
    endings |= {f"{lane.name}.rna.json": None for lanes in PLAN.rna.values() for lane in lanes}
    files = [f"{READS}/fastp/{name}" for name in endings]
    files += [f"{READS}/bam/{one.name}.duplicates.txt" for one in made]
    for one in PLAN.alignments:
        files += [f"{READS}/depth/{one.name}.regions.bed.gz", f"{READS}/windows/{one.design}.tsv"]
        files += snps_of(one) if SETTINGS["reads"]["snp_sites"] else []
    return list(dict.fromkeys(files))


def checked_files():
    """Return what was said of the user's files when they were checked, their hashes among it."""
    names = [*PLAN.lanes, *(f"{one.name}.bam" for one in PLAN.alignments if one.bam)]
    names += [f"{key}.reference" for key in PLAN.reference_files()]
    return [f"{READS}/checked/{name}.txt" for name in names]


def normal_depth(wildcards):
    """Return the depth of the normal that a tumour's bins are relative to, if any."""
    normal = PLAN.denominator(PLAN.alignment(wildcards.alignment))
    return [f"{READS}/depth/{normal.name}.regions.bed.gz"] if normal else []


def design_targets(wildcards):
    """Return the BED of a design; none of a whole genome."""
    targets = [one.targets for one in PLAN.alignments if one.design == wildcards.design]
    return [local(path) for path in targets[:1] if path]


def windows_of(ending):
    """Return a function for the windows of an alignment's design."""
    return lambda w: f"{READS}/windows/{PLAN.alignment(w.alignment).design}.{ending}"


def snps_of(alignment):
    """Return the VCF of SNPs of an alignment: named by the config, or called in the normal."""
    if SETTINGS["reads"]["snp_sites"]:
        return [f"{READS}/snp_sites/{alignment.design}.vcf"]
    normal = PLAN.normal_of(alignment)
    return [f"{READS}/snp_sites/{normal.name}.normal.vcf.gz"] if normal else []


def patient_snps(wildcards):
    """Return the VCFs of SNPs of all alignments of a patient, each once."""
    mine = PLAN.of_patient(wildcards.patient)
    return list(dict.fromkeys(source for one in mine for source in snps_of(one)))


def candidate_reads(wildcards):
    """Return the BAMs of a patient's alignments of one design, with their indexes."""
    mine = [one for one in PLAN.of_patient(wildcards.patient) if one.design == wildcards.design]
    return [path for one in mine for path in aligned(one)]


def patient_designs(path):
    """Return a function for a file of each design of a patient."""
    return lambda w: list(
        dict.fromkeys(
            path.format(patient=w.patient, design=one.design) for one in PLAN.of_patient(w.patient)
        )
    )


def named_reads(wildcards):
    """Return the patient's alignments as NAME=BAM."""
    return [f"{one.name}={aligned(one)[0]}" for one in PLAN.of_patient(wildcards.patient)]


def given_mutations(wildcards):
    """Return the user's mutation files of a patient."""
    return [local(path) for path in PLAN.mutation_units(wildcards.patient)["path"].unique()]


def called_mutations(wildcards):
    """Return the table of mutations called in a patient's reads, if they are called."""
    called = PLAN.mutation_source(wildcards.patient) == "called"
    return [f"{READS}/somatic/{wildcards.patient}.tsv"] if called else []


def patient_sites(ending):
    """Return a function for the sites of an alignment's patient."""
    return lambda w: f"{READS}/sites/{PLAN.alignment(w.alignment).patient}.{ending}"


def salmon_files(wildcards, input):
    """Return the trimmed reads of a library as salmon takes them."""
    paired = len(PLAN.rna[wildcards.rna_sample][0].files) == 2
    options = {"-1": 1, "-2": 2} if paired else {"-r": 1}
    words = [
        word
        for option, number in options.items()
        for word in (option, *(f"{folder}/{number}.fastq.gz" for folder in input.reads))
    ]
    return shlex.join(words)


def salmon_library(wildcards):
    """Return the type of a library: A is found by salmon, which writes down what it found."""
    lane = PLAN.rna[wildcards.rna_sample][0]
    strand = STRANDS[lane.strandedness]
    return f"I{strand}" if len(lane.files) == 2 and strand != "A" else strand


if workflow.is_main_process and not DEPLOYED:
    absent = "\n".join(f"  {problem}" for problem in tools.problems(TOOLS))
    # `workflow.dryrun` is set after all rules are read; what the command line asked is known now.
    if absent and workflow.output_settings.dryrun:
        logger.warning(f"her2omics: tools that the run needs are missing:\n{absent}")
    elif absent:
        raise WorkflowError(f"Tools that the run needs are missing:\n{absent}")


wildcard_constraints:
    alignment=names(one.name for one in PLAN.alignments),
    lane=names(PLAN.lanes),
    design=names({one.design for one in PLAN.alignments}),
    patient=names(GIVEN.patients()),
    rna_sample=names(PLAN.rna),
    reference_file=names(PLAN.reference_files()),
    tool=names(tools.VERSION_OF),
