"""From FASTQ and BAM to tables: the steps between the external tools.

Each step is one rule of the workflow. `check-lane` and `check-bam` look at the files a user gives,
`hash` hashes the references; `windows` and `bins` make copy-number bins of depth; `sites` and
`counts` make tables of alleles of a pileup; `units` writes the sheets that begin from what was
made; `multiqc` writes what MultiQC is to show beside the tools' own figures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from her2omics.cli.study_arguments import add_sheet_arguments, load_config, load_study
from her2omics.errors import InputError, Problem, raise_all

_TEXT = {"dtype": {"chromosome": str}}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the steps."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)

    def step(name: str, words: str, *, sheets: bool = False) -> argparse.ArgumentParser:
        chosen = steps.add_parser(name, help=words, description=words)
        if sheets:
            add_sheet_arguments(chosen)
        return chosen

    lane = step("check-lane", "check the FASTQ files of one lane")
    lane.add_argument("--sample", required=True)
    lane.add_argument("--files", nargs="+", required=True, metavar="FASTQ")

    bam = step("check-bam", "check a BAM or CRAM against sheet and reference", sheets=True)
    bam.add_argument("--alignment", required=True, metavar="SAMPLE.ASSAY")

    hashed = step("hash", "SHA-256 of reference files")
    hashed.add_argument("--files", nargs="+", required=True, metavar="FILE")

    windows = step("windows", "windows in which depth is measured", sheets=True)
    windows.add_argument("--targets", type=Path, metavar="BED", help="none: a grid over the genome")
    windows.add_argument("--out", type=Path, required=True, metavar="TSV")
    windows.add_argument("--bed", type=Path, required=True, metavar="BED", help="for mosdepth")
    windows.add_argument(
        "--targets-out", type=Path, metavar="BED", help="targets, contigs as in the reference"
    )

    snps = step("snps", "common SNPs that a design sees", sheets=True)
    snps.add_argument("--windows", type=Path, required=True, metavar="TSV")
    snps.add_argument("--out", type=Path, required=True, metavar="VCF")

    bins = step("bins", "log2 ratios of bins from depth")
    bins.add_argument("--windows", type=Path, required=True, metavar="TSV")
    bins.add_argument("--depth", type=Path, required=True, metavar="BED.GZ")
    bins.add_argument("--normal", type=Path, metavar="BED.GZ", help="depth of the patient's normal")
    bins.add_argument("--out", type=Path, required=True, metavar="TSV")

    sites = step("sites", "sites at which a patient's alleles are counted", sheets=True)
    sites.add_argument("--patient", required=True)
    sites.add_argument("--snps", type=Path, nargs="*", default=[], metavar="VCF")
    sites.add_argument("--called", type=Path, metavar="TSV", help="mutations called in its samples")
    sites.add_argument("--positions", type=Path, required=True, metavar="TSV")
    sites.add_argument("--mutations", type=Path, required=True, metavar="TSV")

    counts = step("counts", "allele counts of one sample from its pileup")
    counts.add_argument("--sample", required=True)
    counts.add_argument("--pileup", type=Path, required=True, metavar="VCF")
    counts.add_argument("--snp-sites", type=Path, nargs="*", default=[], metavar="VCF")
    counts.add_argument("--mutation-sites", type=Path, metavar="TSV")
    counts.add_argument("--snps", type=Path, metavar="TSV", help="table of SNPs to write")
    counts.add_argument("--mutations", type=Path, metavar="TSV", help="table of mutations to write")

    somatic = step("somatic", "somatic mutations among the candidates of a caller", sheets=True)
    somatic.add_argument("--patient", required=True)
    somatic.add_argument("--candidates", type=Path, nargs="+", required=True, metavar="VCF")
    somatic.add_argument("--windows", type=Path, nargs="+", required=True, metavar="TSV")
    somatic.add_argument(
        "--reads", nargs="+", required=True, metavar="ALIGNMENT=BAM", help="of the patient"
    )
    somatic.add_argument("--out", type=Path, required=True, metavar="TSV")
    somatic.add_argument("--judged", type=Path, required=True, metavar="TSV", help="all candidates")

    units = step("units", "sheets that begin from what was made; quality", sheets=True)
    units.add_argument("--out", type=Path, required=True, metavar="DIR")

    multiqc = step("multiqc", "custom content of MultiQC: gates, identity, reads, purity")
    multiqc.add_argument("--tables", type=Path, required=True, metavar="DIR", help="of results")
    multiqc.add_argument("--cohort", type=Path, required=True, metavar="DIR")
    multiqc.add_argument("--reads", type=Path, required=True, metavar="DIR")
    multiqc.add_argument("--out", type=Path, required=True, metavar="DIR")


def run(args: argparse.Namespace) -> None:
    """Run one step."""
    {
        "check-lane": _check_lane,
        "check-bam": _check_bam,
        "hash": _hash,
        "windows": _windows,
        "snps": _snps,
        "bins": _bins,
        "sites": _sites,
        "counts": _counts,
        "somatic": _somatic,
        "units": _units,
        "multiqc": _multiqc,
    }[args.step](args)


def _check_lane(args: argparse.Namespace) -> None:
    from her2omics.reads import inputs
    from her2omics.reads.plan import Lane

    lane = Lane(args.sample, args.sample, tuple(args.files), "", "")
    print(f"{args.sample}: {inputs.check_lane(lane):,} reads in {args.files[0]}")
    _print_hashes(*args.files)


def _hash(args: argparse.Namespace) -> None:
    _print_hashes(*args.files)


def _print_hashes(*files: str) -> None:
    """Print the SHA-256 of files: versions.yaml names what a run began with."""
    from her2omics.files import sha256

    for name in files:
        print(f"{sha256(Path(name))}  {name}")


def _planned(args: argparse.Namespace, folder: Path = Path("reads")):
    from her2omics.reads.plan import plan

    found, problems = plan(load_study(args), folder)
    raise_all(problems)
    return found


def _check_bam(args: argparse.Namespace) -> None:
    from her2omics import genome
    from her2omics.reads import inputs

    found = _planned(args)
    config = found.study.config
    alignment = found.alignment(args.alignment)
    inputs.check_bam(
        alignment,
        genome=genome.of_config(config),
        reference=Path(config["reads"]["reference"]),
    )
    print(f"{args.alignment}: {alignment.bam} fits the sheet and the reference")
    _print_hashes(str(alignment.bam))


def _windows(args: argparse.Namespace) -> None:
    from her2omics import genome, tables
    from her2omics.reads import windows

    config = load_config(args)
    reads = config["reads"]
    frame = windows.windows(
        Path(reads["reference"]),
        genome=genome.of_config(config),
        targets=args.targets,
        length=reads["off_target_bin"] if args.targets else reads["wgs_bin"],
    )
    shown = frame.assign(gc=frame["gc"].round(4), on_target=frame["on_target"].astype(int))
    tables.write_text(shown.to_csv(sep="\t", index=False, lineterminator="\n"), args.out)
    bed = frame[["chromosome", "start", "end"]]
    for rows, path in ((bed, args.bed), (bed[frame["on_target"]], args.targets_out)):
        if path:
            text = rows.to_csv(sep="\t", index=False, header=False, lineterminator="\n")
            tables.write_text(text, path)


def _snps(args: argparse.Namespace) -> None:
    import pandas as pd

    from her2omics import genome, tables
    from her2omics.reads import alleles, reference

    config = load_config(args)
    reads = config["reads"]
    contigs = reference.check(Path(reads["reference"]), genome=genome.of_config(config))
    sites = alleles.snps_of_design(
        Path(reads["snp_sites"]),
        pd.read_csv(args.windows, sep="\t", **_TEXT),
        reference.names_by_chromosome(contigs),
    )
    tables.write_text(alleles.vcf_text(sites, contigs), args.out)


def _bins(args: argparse.Namespace) -> None:
    import pandas as pd

    from her2omics import tables
    from her2omics.reads import depth

    windows = pd.read_csv(args.windows, sep="\t", **_TEXT)
    windows["on_target"] = windows["on_target"].astype(bool)
    measured = [_of_windows(path, windows) for path in (args.depth, args.normal) if path]
    tables.write_text(depth.text(depth.bins(windows, *measured)), args.out)


def _of_windows(path: Path, windows):
    """Return the depth of the windows, in their order."""
    from her2omics.reads import depth

    place = ["chromosome", "start", "end"]
    found = windows[place].merge(depth.read_regions(path), on=place, how="left")["depth"]
    if found.isna().any():
        message = "has no depth of some windows: delete it and run again"
        raise InputError(Problem(message, str(path)))
    return found.to_numpy()


def _sites(args: argparse.Namespace) -> None:
    import pandas as pd

    from her2omics import genome, tables
    from her2omics.reads import alleles, reference

    found = _planned(args)
    config = found.study.config
    build = genome.of_config(config)
    contigs = reference.check(Path(config["reads"]["reference"]), genome=build)
    snps = [alleles.snp_sites(path) for path in args.snps]
    if args.called:
        mutations = pd.read_csv(args.called, sep="\t", **_TEXT)
    elif found.mutation_source(args.patient) == "given":
        names = reference.names_by_chromosome(contigs)
        mutations = alleles.mutation_sites(found, args.patient, genome=build, names=names)
    else:
        mutations = pd.DataFrame(columns=[*alleles.SITE, *alleles.ANNOTATION])
    tables.write_text(alleles.positions_text([*snps, mutations]), args.positions)
    text = mutations.to_csv(sep="\t", index=False, lineterminator="\n")
    tables.write_text(text, args.mutations)


def _counts(args: argparse.Namespace) -> None:
    import pandas as pd

    from her2omics import tables
    from her2omics.reads import alleles

    pileup = alleles.read_pileup(args.pileup)
    made = []
    if args.snps:
        sites = [alleles.snp_sites(path) for path in args.snp_sites]
        sites = pd.concat([pd.DataFrame(columns=list(alleles.SITE)), *sites])
        made.append((alleles.snp_table(sites, pileup), args.snps))
    if args.mutations:
        sites = pd.read_csv(args.mutation_sites, sep="\t", keep_default_na=False, **_TEXT)
        table = alleles.mutation_table(sites, pileup, args.sample)
        made.append((table, args.mutations))
    for table, path in made:
        tables.write_text(table.to_csv(sep="\t", index=False, lineterminator="\n"), path)


def _somatic(args: argparse.Namespace) -> None:
    from her2omics import tables
    from her2omics.reads import calling

    judged = calling.call(
        _planned(args),
        candidates=args.candidates,
        windows=args.windows,
        reads=dict(pair.split("=", 1) for pair in args.reads),
    )
    called = judged.loc[judged["reason"].eq(""), ["chromosome", "position", "ref", "alt"]]
    for frame, path in ((called, args.out), (judged, args.judged)):
        text = frame.to_csv(sep="\t", index=False, lineterminator="\n", float_format="%.4g")
        tables.write_text(text, path)


def _units(args: argparse.Namespace) -> None:
    from her2omics import tables
    from her2omics.reads import quality, sheets

    found = _planned(args, args.out)
    tables.write(quality.table(found), "reads_quality", args.out)
    sheets.write(found)


def _multiqc(args: argparse.Namespace) -> None:
    from her2omics import tables
    from her2omics.reads import multiqc

    folders = {"quality": args.tables, "purity": args.tables}
    folders |= {"identity": args.cohort, "reads_quality": args.reads}
    files = multiqc.content(**{name: tables.read(path, name) for name, path in folders.items()})
    for name, text in {**files, "multiqc_config.yaml": multiqc.config_text()}.items():
        tables.write_text(text, args.out / name)
