"""Simulated reads: a mini genome, and FASTQ files drawn from the latent case of the tables."""
