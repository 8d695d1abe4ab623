"""Why HER2 was lost: latent states, evidence, likelihood and verdict."""
