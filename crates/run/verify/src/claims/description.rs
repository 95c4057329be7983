//! Claims about `proband-description`.

use proband_core::Warnings;
use proband_description::read_urdf;
use proband_math::tree::Tree;
use proband_robot::{BUILTIN_URDF, builtin_tree};

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "description-urdf", case: include_str!("../../../../../verify/description-urdf/case.toml"), compute: urdf }];

fn urdf() -> Result<Vec<Obtained>, String> {
    let read = |text: &str| read_urdf(text, &Warnings::new());
    let spec = read(BUILTIN_URDF).map_err(|e| e.to_string())?;
    let tree = Tree::new(&spec).map_err(|e| e.to_string())?;
    let edited = |from: &str, to: &str| BUILTIN_URDF.replacen(from, to, 1);
    let broken = [
        edited("<parent link=\"base_link\"/>", "<parent link=\"hand\"/>"),
        edited("<link name=\"flange\"/>", "<link name=\"flange\"/><link name=\"lost\"/>"),
        edited("<child link=\"forearm\"/>", "<child link=\"shoulder\"/>"),
        edited("<parent link=\"wrist\"/>", "<parent link=\"nowhere\"/>"),
        edited("<mass value=\"4.0\"/>", "<mass value=\"NaN\"/>"),
        edited("velocity=\"2.6\"", "velocity=\"inf\""),
        edited("lower=\"-2.967\" upper=\"2.967\"", "lower=\"2.967\" upper=\"-2.967\""),
        edited("<robot", "<!DOCTYPE robot [<!ENTITY e SYSTEM \"file:///nothing\">]><robot"),
        edited("<link name=\"flange\"/>", "<x:macro xmlns:x=\"http://wiki.ros.org/xacro\"/><link name=\"flange\"/>"),
        edited("</robot>", &format!("{}{}</robot>", "<a>".repeat(5000), "</a>".repeat(5000))),
        edited("<robot ", &format!("<robot {}", (0..100).map(|i| format!("a{i}=\"\" ")).collect::<String>())),
    ];
    if broken.iter().any(|text| text == BUILTIN_URDF) {
        return Err("an edit did not find its place".into());
    }
    let errors: Vec<String> = broken.iter().filter_map(|text| read(text).err()).map(|e| e.to_string()).collect();
    Ok(vec![
        Obtained::new("links", spec.links.len() as f64),
        Obtained::new("joints", spec.joints.len() as f64),
        Obtained::new("mass", tree.mass_kg()),
        Obtained::new("trees differ", f64::from(u8::from(spec != builtin_tree()))),
        Obtained::new("broken descriptions that were accepted", (broken.len() - errors.len()) as f64),
        Obtained::new("errors without a line", errors.iter().filter(|e| !e.starts_with("line ")).count() as f64),
    ])
}
