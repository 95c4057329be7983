//! Monte Carlo tree search over the seeds of the steps: for black boxes.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::stress::{Recorder, seed_stream};
use super::{Episode, SearchError, Simulation, StressReport, StressSettings};

/// Settings of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreeSearch {
    /// Weight of what was tried little, relative to the spread of the rewards seen.
    pub exploration: f64,
    /// A node gets its next child when it has fewer than `widening_factor` · visits^`widening_power`.
    pub widening_factor: f64,
    /// Power of the same, below 1.
    pub widening_power: f64,
    /// Most nodes.
    pub node_count_max: u32,
}

struct Branch {
    seed: u32,
    visits: u32,
    /// Best reward met below: what is looked for is the best path, not a good average.
    best: f64,
    children: Vec<u32>,
}

/// Search with progressive widening and random rollouts; the value of a branch is the best reward below it.
///
/// # Source
/// Kocsis & Szepesvári 2006 (UCT); widening: Couëtoux et al. 2011, LION 5; on seeds: Lee et al. 2015, IEEE/AIAA DASC (AST).
/// # Errors
/// [`SearchError::OutOfRange`] for settings, [`SearchError::NotANumber`].
pub fn stress_tree(
    simulation: &mut dyn Simulation,
    settings: StressSettings,
    tree: TreeSearch,
    stream: &mut Stream,
) -> Result<StressReport, SearchError> {
    in_range("exploration", tree.exploration, 0.0, 1e6)?;
    in_range("widening factor", tree.widening_factor, 0.1, 1e6)?;
    in_range("widening power", tree.widening_power, 0.0, 1.0)?;
    in_range("nodes", f64::from(tree.node_count_max), 1.0, 1e8)?;
    let mut recorder = Recorder::new(simulation, settings)?;
    let root = Branch { seed: 0, visits: 0, best: f64::NEG_INFINITY, children: Vec::new() };
    let mut nodes = vec![root];
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    while recorder.report.episodes < settings.episodes {
        let mut path = vec![0_u32];
        let mut growing = true;
        let spread = (greatest - least).max(1e-12);
        let episode = recorder.run(|_, simulation, episode: &mut Episode| {
            let seed = match path.last() {
                Some(now) if growing => {
                    let next = choose(&mut nodes, *now, tree, spread, stream);
                    match next {
                        Some(next) => {
                            growing = nodes[next as usize].visits > 0;
                            path.push(next);
                            nodes[next as usize].seed
                        }
                        None => {
                            growing = false;
                            stream.next_u32()
                        }
                    }
                }
                _ => stream.next_u32(),
            };
            episode.seeds.push(seed);
            simulation.step_seeded(&mut seed_stream(seed))
        })?;
        let reward = -recorder.cost(&episode);
        least = least.min(reward);
        greatest = greatest.max(reward);
        for place in path {
            let node = &mut nodes[place as usize];
            node.visits += 1;
            node.best = node.best.max(reward);
        }
    }
    Ok(recorder.report)
}

/// A new child when the node may widen, else the one with the best bound; none when the tree is full and the node a leaf.
fn choose(nodes: &mut Vec<Branch>, now: u32, tree: TreeSearch, spread: f64, stream: &mut Stream) -> Option<u32> {
    let node = &nodes[now as usize];
    let allowed = tree.widening_factor * ops::powf(f64::from(node.visits.max(1)), tree.widening_power);
    if (node.children.len() as f64) < allowed && (nodes.len() as u32) < tree.node_count_max {
        let place = nodes.len() as u32;
        nodes.push(Branch { seed: stream.next_u32(), visits: 0, best: f64::NEG_INFINITY, children: Vec::new() });
        nodes[now as usize].children.push(place);
        return Some(place);
    }
    let ln = ops::ln(f64::from(node.visits.max(1)));
    let bound = |child: &u32| {
        let child = &nodes[*child as usize];
        if child.visits == 0 { f64::INFINITY } else { child.best + tree.exploration * spread * (ln / f64::from(child.visits)).sqrt() }
    };
    node.children.iter().copied().max_by(|a, b| bound(a).total_cmp(&bound(b)))
}
