//! Random numbers by counter: a number is a function of what it is for, so that threads and adapters
//! draw the same ones in any order.

/// Scrambles 32 bits: PCG-RXS-M-XS (O'Neill 2014), the hash that Jarzynski and Olano (2020) recommend for
/// GPUs; `shaders/common/random.wgsl` has the same.
#[must_use]
pub fn scramble(value: u32) -> u32 {
    let state = value.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (word >> 22) ^ word
}

/// A seed in 32 bits.
pub(super) fn fold(seed: u64) -> u32 {
    scramble(seed as u32 ^ scramble((seed >> 32) as u32))
}

/// Numbers in (0, 1) for `index`, as many as are taken.
fn uniform(seed: u32, index: usize) -> impl Iterator<Item = f32> {
    let mut state = scramble(seed ^ scramble(index as u32 ^ scramble((index >> 32) as u32)));
    std::iter::repeat_with(move || {
        state = scramble(state);
        ((state >> 8) as f32 + 0.5) / (1_u32 << 24) as f32
    })
}

/// Standard normal numbers for `index`, as many as are taken (Box and Muller 1958).
pub(super) fn normal(seed: u32, index: usize) -> impl Iterator<Item = f32> {
    let mut uniform = uniform(seed, index);
    std::iter::from_fn(move || {
        let (radius, angle) = (uniform.next()?, uniform.next()?);
        Some((-2.0 * radius.ln()).sqrt() * (std::f32::consts::TAU * angle).cos())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn normal_numbers_have_mean_zero_and_deviation_one() {
        let numbers: Vec<f32> = (0..4000)
            .flat_map(|index| super::normal(7, index).take(3))
            .collect();
        let count = numbers.len() as f32;
        let mean = numbers.iter().sum::<f32>() / count;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
        // Standard errors of 12,000 numbers: 0.009 and 0.013; four of them.
        assert!(mean.abs() < 0.037, "{mean}");
        assert!((variance - 1.0).abs() < 0.052, "{variance}");
    }
}
