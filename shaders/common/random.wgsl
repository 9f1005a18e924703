// Random bits by counter: a function of what they are for, so that every adapter draws the same.
// PCG-RXS-M-XS (O'Neill 2014). Twin: app/compute/src/projection/random.rs.

fn scramble(value: u32) -> u32 {
    let state = value * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}
