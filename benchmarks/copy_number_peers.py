"""CNVkit and PureCN on diluted exomes, where they are installed (``copy_number.py peers``).

Both read the tables that ``copy_number.py dilution`` reads; PureCN takes CNVkit's segments and the
germline SNPs, and about nine minutes a mixture.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from copy_number import diluted

from her2omics import genome


def run(folder: Path, names: list[str], out: Path) -> None:
    """Run the programs that are installed on these mixtures, and print what they say of ERBB2."""
    out.mkdir(parents=True, exist_ok=True)
    program = shutil.which("cnvkit.py") or shutil.which("cnvkit")  # the latter on Debian
    if not program:
        print("CNVkit is not installed: skipped (Debian: apt-get install cnvkit)")
        return
    _cnvkit(program, folder, names, out)
    script = "quit(status = !requireNamespace('PureCN', quietly = TRUE))"
    if _rscript(script, cwd=out) == 0:
        _purecn(folder, names, out)
    else:
        print("PureCN is not installed: skipped (Debian: apt-get install r-bioc-purecn)")


def _rscript(script: str, *, cwd: Path) -> int:
    if not shutil.which("Rscript"):
        return 1
    with tempfile.NamedTemporaryFile("w", suffix=".R") as file:
        file.write(script)
        file.flush()
        command = ["Rscript", file.name]
        return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode


# PureCN on CNVkit's segments and the germline SNPs, with its defaults but the lowest purity.
_PURECN = """
suppressMessages(library(PureCN))
bins <- read.delim("{name}.bins")
found <- runAbsoluteCN(log.ratio = bins$log2, interval.file = "{name}.intervals",
  seg.file = "{name}.seg", vcf.file = "{name}.vcf", genome = "hg19",
  sampleid = "{name}", sex = "diploid", test.purity = seq(0.03, 0.95, by = 0.01),
  fun.segmentation = segmentationHclust, plot.cnv = FALSE, verbose = FALSE)
best <- found$results[[1]]
parts <- best$seg[best$seg$chrom %in% c(17, "17", "chr17") & best$seg$loc.start < {end} &
  best$seg$loc.end > {start}, ]
write.table(data.frame(purity = best$purity, ploidy = best$ploidy, copies = max(parts$C)),
  "{name}.purecn.tsv", sep = "\t", row.names = FALSE, quote = FALSE)
"""


def _purecn(folder: Path, names: list[str], out: Path) -> None:
    """Run PureCN on the segments of :func:`_cnvkit`, and print purity and copies of ERBB2."""
    place = genome.load("GRCh37").genes.loc["ERBB2"]
    rows = []
    for name in names:
        segments = pd.read_csv(out / f"{name}.cns", sep="\t", dtype={"chromosome": str})
        columns = {"chrom": "chromosome", "loc.start": "start", "loc.end": "end"}
        columns |= {"num.mark": "probes", "seg.mean": "log2"}
        table = pd.DataFrame({new: segments[old] for new, old in columns.items()})
        table = table[table["chrom"].isin([str(number) for number in range(1, 23)])]
        table.insert(0, "ID", name)
        table["chrom"] = "chr" + table["chrom"]
        table.to_csv(out / f"{name}.seg", sep="\t", index=False)
        tables = diluted(folder, name, "followup")
        bins = tables.bins.frame[tables.bins.frame["chromosome"].str.isdigit()]
        bins[["log2"]].to_csv(out / f"{name}.bins", sep="\t", index=False)
        targets = "chr" + bins["chromosome"] + ":" + (bins["start"] + 1).astype(str)
        targets = targets + "-" + bins["end"].astype(str)
        described = pd.DataFrame({"Target": targets, "gc_bias": 0.5, "mappability": 1.0})
        described = described.assign(reptiming=np.nan, Gene=".", on_target="TRUE")
        described.to_csv(out / f"{name}.intervals", sep="\t", index=False, na_rep="NA")
        _vcf(tables.snps.frame, name, out / f"{name}.vcf")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        script = _PURECN.format(name=name, start=place["start"], end=place["end"])
        failed = _rscript(script, cwd=out)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before.ru_utime
        found = {"mixture": name, "seconds": round(spent, 1)}
        if not failed:
            found |= pd.read_csv(out / f"{name}.purecn.tsv", sep="\t").iloc[0].to_dict()
        rows.append(found)
    print("PureCN")
    print(pd.DataFrame(rows).round(2).to_string(index=False))


def _vcf(snps: pd.DataFrame, name: str, path: Path) -> None:
    """Write germline SNPs as a VCF of one tumour; the alleles of the table are not known: A, G."""
    lines = [
        "##fileformat=VCFv4.2",
        '##INFO=<ID=DB,Number=0,Type=Flag,Description="known germline SNP">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">',
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="reads of each allele">',
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="reads">',
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", name]),
    ]
    for row in snps[snps["chromosome"].str.isdigit()].itertuples():
        ref, alt = int(row.ref_count), int(row.alt_count)
        fields = [f"chr{row.chromosome}", row.position, ".", "A", "G", ".", "PASS", "DB"]
        lines.append("\t".join(map(str, [*fields, "GT:AD:DP", f"0/1:{ref},{alt}:{ref + alt}"])))
    path.write_text("\n".join(lines) + "\n")


def _cnvkit(program: str, folder: Path, names: list[str], out: Path) -> None:
    """Segment each mixture with CNVkit, call copies at the true purity, and print ERBB2."""
    place = genome.load("GRCh37").genes.loc["ERBB2"]
    rows = []
    # The program brings its own Python packages.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for name in names:
        bins = diluted(folder, name, "followup").bins.frame
        table = bins[["chromosome", "start", "end", "log2", "weight"]].assign(gene="-", depth=1.0)
        table.to_csv(out / f"{name}.cnr", sep="\t", index=False)
        purity = name.lstrip("p").split("_c")[0]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        steps = (
            ["segment", f"{name}.cnr", "-m", args_method(), "-o", f"{name}.cns"],
            ["call", f"{name}.cns", "-m", "clonal", "--purity", purity, "-o", f"{name}.call.cns"],
            ["call", f"{name}.cns", "-o", f"{name}.default.cns"],
        )
        for step in steps:
            subprocess.run([program, *step], cwd=out, env=own, check=True)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before.ru_utime
        found = {"mixture": name, "seconds": round(spent, 1)}
        for kind in ("default", "call"):
            calls = pd.read_csv(out / f"{name}.{kind}.cns", sep="\t", dtype={"chromosome": str})
            over = calls["chromosome"].eq("17") & calls["start"].lt(place["end"])
            here = calls[over & calls["end"].gt(place["start"])]
            found[f"copies_{kind}"] = "/".join(here["cn"].astype(str))
        rows.append(found)
    frame = pd.DataFrame(rows).rename(columns={"copies_call": "copies_at_true_purity"})
    print(frame.to_string(index=False))


def args_method() -> str:
    """Return CNVkit's segmentation: circular binary segmentation where R is there, else HMM."""
    return "cbs" if shutil.which("Rscript") else "hmm"
