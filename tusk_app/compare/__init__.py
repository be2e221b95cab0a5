"""Two pictures beside each other: correspondence and equivariance."""
