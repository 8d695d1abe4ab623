"""Simulated pairs with known truth: one latent model, written as evidence or as files."""
