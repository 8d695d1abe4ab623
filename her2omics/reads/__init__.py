"""From FASTQ and BAM to the tables that the rest of the package reads."""
