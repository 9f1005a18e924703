//! The symmetric graph of neighbours that t-SNE and UMAP pull along.

use super::Neighbours;

/// A symmetric weighted graph by rows: the edges of vertex `i` are those at `offsets[i]..offsets[i + 1]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Where the edges of each vertex start; one more than there are vertices.
    pub offsets: Vec<u32>,
    /// The other end of each edge, ascending for each vertex.
    pub targets: Vec<u32>,
    /// The weight of each edge, the same from both ends.
    pub weights: Vec<f32>,
}

impl Graph {
    /// Makes the directed graph of neighbours, one weight each, symmetric: `join` gets the weights in both
    /// directions, 0 for a missing edge, and is itself symmetric. Edges of weight 0 are dropped.
    pub(super) fn symmetric(
        neighbours: &Neighbours,
        weights: &[f32],
        join: impl Fn(f32, f32) -> f32,
    ) -> Self {
        let count = neighbours.count;
        let rows = neighbours.indices.len() / count;

        // The edges that arrive at each vertex; sources ascend because rows are visited in order.
        let mut starts = vec![0_usize; rows + 1];
        for &target in &neighbours.indices {
            starts[target as usize + 1] += 1;
        }
        for at in 0..rows {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut arriving = vec![(0_u32, 0.0_f32); neighbours.indices.len()];
        for (edge, (&target, &weight)) in neighbours.indices.iter().zip(weights).enumerate() {
            let slot = &mut next[target as usize];
            arriving[*slot] = ((edge / count) as u32, weight);
            *slot += 1;
        }

        let mut graph = Self::default();
        graph.offsets.push(0);
        let mut leaving: Vec<(u32, f32)> = Vec::with_capacity(count);
        for row in 0..rows {
            let own = row * count..(row + 1) * count;
            leaving.clear();
            leaving.extend(
                neighbours.indices[own.clone()]
                    .iter()
                    .copied()
                    .zip(weights[own].iter().copied()),
            );
            leaving.sort_unstable_by_key(|edge| edge.0);
            graph.merge(&leaving, &arriving[starts[row]..starts[row + 1]], &join);
            graph.offsets.push(graph.targets.len() as u32);
        }
        graph
    }

    /// Appends the edges of one vertex, from two lists that ascend.
    fn merge(
        &mut self,
        mut leaving: &[(u32, f32)],
        mut arriving: &[(u32, f32)],
        join: &impl Fn(f32, f32) -> f32,
    ) {
        loop {
            let target = match (leaving.first(), arriving.first()) {
                (Some(a), Some(b)) => a.0.min(b.0),
                (Some(edge), None) | (None, Some(edge)) => edge.0,
                (None, None) => return,
            };
            let take = |list: &mut &[(u32, f32)]| match list.split_first() {
                Some((&(at, weight), rest)) if at == target => {
                    *list = rest;
                    weight
                }
                _ => 0.0,
            };
            let weight = join(take(&mut leaving), take(&mut arriving));
            if weight > 0.0 {
                self.targets.push(target);
                self.weights.push(weight);
            }
        }
    }

    /// Keeps the edges whose weight fulfils the condition.
    pub(super) fn retain(&mut self, keep: impl Fn(f32) -> bool) {
        let mut kept = 0;
        for vertex in 0..self.offsets.len() - 1 {
            let edges = self.edges(vertex);
            self.offsets[vertex] = kept as u32;
            for edge in edges {
                if keep(self.weights[edge]) {
                    self.targets[kept] = self.targets[edge];
                    self.weights[kept] = self.weights[edge];
                    kept += 1;
                }
            }
        }
        self.targets.truncate(kept);
        self.weights.truncate(kept);
        if let Some(last) = self.offsets.last_mut() {
            *last = kept as u32;
        }
    }

    /// The edges of a vertex.
    pub(super) fn edges(&self, vertex: usize) -> std::ops::Range<usize> {
        self.offsets[vertex] as usize..self.offsets[vertex + 1] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_an_edge_know_it_and_agree() {
        // 0 -> 1, 2; 1 -> 0, 2; 2 -> 1, 0; 3 -> 0, 1.
        let neighbours = Neighbours {
            count: 2,
            indices: vec![1, 2, 0, 2, 1, 0, 0, 1],
            distances: vec![0.0; 8],
        };
        let weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let graph = Graph::symmetric(&neighbours, &weights, |a, b| a + b);
        assert_eq!(graph.offsets, [0, 3, 6, 8, 10]);
        assert_eq!(graph.targets, [1, 2, 3, 0, 2, 3, 0, 1, 0, 1]);
        assert_eq!(
            graph.weights,
            [4.0, 8.0, 7.0, 4.0, 9.0, 8.0, 8.0, 9.0, 7.0, 8.0]
        );
        let product = Graph::symmetric(&neighbours, &weights, |a, b| a * b);
        assert_eq!(product.offsets, [0, 2, 4, 6, 6]);
    }
}
