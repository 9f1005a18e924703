// Where a surface ends: a mask in place of NaN, which WGSL implementations may assume absent.

// Support of a node without a value.
const MISSING: f32 = -1.0e30;

// Support below this counts as missing.
const MISSING_BELOW: f32 = -1.0e29;

fn is_present(support: f32) -> bool {
    return support > MISSING_BELOW;
}
