// Merges the nearest rows of each query so far with nearer ones from one block of squared distances. One
// workgroup per query: candidates nearer than the farthest kept are gathered, and merged when there are
// many. Equal distances go by index, so that the order of gathering does not show.
// Twin: app/compute/src/projection/neighbours.

struct Select {
    // Queries, and the candidates each has a distance to.
    queries: u32,
    candidates: u32,
    // Row numbers of the first query and the first candidate.
    first_query_name: u32,
    first_candidate_name: u32,
    // How many are kept, up to 256.
    count: u32,
}

@group(0) @binding(0) var<uniform> work: Select;
// Queries x candidates.
@group(0) @binding(1) var<storage, read> squared: array<f32>;
// Queries x count, nearest first; FAR where none was found yet.
@group(0) @binding(2) var<storage, read_write> kept_squared: array<f32>;
@group(0) @binding(3) var<storage, read_write> kept_names: array<u32>;

// Larger than any squared distance.
const FAR: f32 = 3.0e38;
const NOBODY: u32 = 0xffffffffu;
const INVOCATIONS: u32 = 64u;
const HALF: u32 = 256u;

// Those kept first, those gathered after them.
var<workgroup> measures: array<f32, 512>;
var<workgroup> names: array<u32, 512>;
var<workgroup> gathered: atomic<u32>;
var<workgroup> gathered_by_all: u32;

fn is_nearer(measure: f32, name: u32, than: f32, than_name: u32) -> bool {
    return measure < than || (measure == than && name < than_name);
}

// Sorts all 512 (bitonic: Batcher 1968) and forgets the farther half.
fn sort_in(index: u32) {
    for (var size = 2u; size <= 2u * HALF; size *= 2u) {
        for (var apart = size / 2u; apart > 0u; apart /= 2u) {
            for (var pair = index; pair < HALF; pair += INVOCATIONS) {
                let a = 2u * pair - (pair & (apart - 1u));
                let b = a + apart;
                let is_ascending = (a & size) == 0u;
                if is_nearer(measures[b], names[b], measures[a], names[a]) == is_ascending {
                    let measure = measures[a];
                    let name = names[a];
                    measures[a] = measures[b];
                    names[a] = names[b];
                    measures[b] = measure;
                    names[b] = name;
                }
            }
            workgroupBarrier();
        }
    }
    for (var slot = index; slot < HALF; slot += INVOCATIONS) {
        // Only as many as are wanted stay.
        if slot >= work.count {
            measures[slot] = FAR;
            names[slot] = NOBODY;
        }
        measures[HALF + slot] = FAR;
        names[HALF + slot] = NOBODY;
    }
    if index == 0u {
        atomicStore(&gathered, 0u);
    }
    workgroupBarrier();
}

@compute @workgroup_size(64)
fn neighbours_select(
    @builtin(workgroup_id) group: vec3u,
    @builtin(local_invocation_index) index: u32,
) {
    let query = group.x;
    for (var slot = index; slot < HALF; slot += INVOCATIONS) {
        measures[slot] = FAR;
        names[slot] = NOBODY;
        if slot < work.count {
            measures[slot] = kept_squared[query * work.count + slot];
            names[slot] = kept_names[query * work.count + slot];
        }
        measures[HALF + slot] = FAR;
        names[HALF + slot] = NOBODY;
    }
    if index == 0u {
        atomicStore(&gathered, 0u);
    }
    workgroupBarrier();

    let own = work.first_query_name + query;
    for (var first = 0u; first < work.candidates; first += INVOCATIONS) {
        let candidate = first + index;
        if candidate < work.candidates {
            let measure = squared[query * work.candidates + candidate];
            let name = work.first_candidate_name + candidate;
            let last = work.count - 1u;
            if name != own && is_nearer(measure, name, measures[last], names[last]) {
                let slot = HALF + atomicAdd(&gathered, 1u);
                measures[slot] = measure;
                names[slot] = name;
            }
        }
        workgroupBarrier();
        if index == 0u {
            gathered_by_all = atomicLoad(&gathered);
        }
        // Before there may be no room for another round.
        if workgroupUniformLoad(&gathered_by_all) > HALF - INVOCATIONS {
            sort_in(index);
        }
    }
    sort_in(index);
    for (var slot = index; slot < work.count; slot += INVOCATIONS) {
        kept_squared[query * work.count + slot] = measures[slot];
        kept_names[query * work.count + slot] = names[slot];
    }
}
