//! Failures that are alike.

use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::{Failure, SearchError};

/// Failures around a representative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Place of the most likely member in the list given.
    pub leader: u32,
    /// Places of all members, the leader first.
    pub members: Vec<u32>,
}

/// Group failures, the most likely first: each joins the first group whose leader's features lie within `radius`
/// (root mean square), or leads a new one.
///
/// `features`: what makes failures alike, of one length, such as their disturbances step by step; empty groups nothing.
///
/// # Source
/// Leader algorithm: Hartigan 1975, Clustering Algorithms, ch. 3.
/// # Errors
/// [`SearchError::OutOfRange`] for a radius not above 0, features of different lengths or not finite.
pub fn cluster_failures(failures: &[Failure], radius: f64, features: impl Fn(&Failure) -> Vec<f64>) -> Result<Vec<Cluster>, SearchError> {
    in_range("radius", radius, f64::MIN_POSITIVE, f64::MAX)?;
    let all: Vec<Vec<f64>> = failures.iter().map(features).collect();
    let length = all.first().map_or(0, Vec::len) as f64;
    for own in &all {
        in_range("length of the features", own.len() as f64, length, length)?;
        for value in own {
            in_range("feature", *value, -1e150, 1e150)?;
        }
    }
    let mut order: Vec<usize> = (0..failures.len()).collect();
    order.sort_by(|a, b| failures[*b].episode.log_probability.total_cmp(&failures[*a].episode.log_probability).then(a.cmp(b)));
    let mut clusters: Vec<Cluster> = Vec::new();
    for place in order {
        let near = |cluster: &&mut Cluster| {
            let leader = &all[cluster.leader as usize];
            let sum: f64 = leader.iter().zip(&all[place]).map(|(a, b)| (a - b) * (a - b)).sum();
            (sum / length.max(1.0)).sqrt() <= radius
        };
        match clusters.iter_mut().find(near) {
            Some(cluster) => cluster.members.push(place as u32),
            None => clusters.push(Cluster { leader: place as u32, members: vec![place as u32] }),
        }
    }
    Ok(clusters)
}
