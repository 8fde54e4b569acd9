"""What passes between a node and the rest of the world: schema, codec, frames, proofs."""
