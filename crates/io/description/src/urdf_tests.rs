use proptest::prelude::*;

use super::*;

const SMALL: &str = r#"<?xml version="1.0"?>
<robot name="small">
  <link name="base"/>
  <link name="arm">
    <inertial><mass value="2.5"/><origin xyz="0 0 0.1"/><inertia ixx="0.1" ixy="0" ixz="0" iyy="0.1" iyz="0" izz="0.05"/></inertial>
    <collision><geometry><cylinder radius="0.05" length="0.2"/></geometry></collision>
    <visual><geometry><mesh filename="package://somewhere/arm.stl"/></geometry></visual>
  </link>
  <joint name="turn" type="revolute">
    <parent link="base"/><child link="arm"/>
    <origin xyz="0 0 0.3" rpy="0 1.5707963 0"/>
    <axis xyz="0 0 1"/>
    <limit lower="-1" upper="2" velocity="3" effort="40"/>
  </joint>
</robot>"#;

fn read(text: &str) -> Result<TreeSpec, DescriptionError> {
    read_urdf(text, &Warnings::new())
}

/// Read every field of a small description.
#[test]
fn fields_are_read() {
    let warnings = Warnings::new();
    let spec = read_urdf(SMALL, &warnings).unwrap();
    assert_eq!(spec.name, "small");
    assert_eq!(spec.links[1].inertial.unwrap().mass_kg, 2.5);
    assert_eq!(spec.links[1].collision[0].geometry, Geometry::Cylinder { radius_m: 0.05, length_m: 0.2 });
    assert_eq!(spec.joints[0].limits, Some(JointLimits { lower: -1.0, upper: 2.0, velocity: 3.0, effort: 40.0 }));
    assert_eq!(spec.joints[0].origin.xyz_m, [0.0, 0.0, 0.3]);
    let list = warnings.list();
    assert_eq!(list.len(), 1);
    assert!(list[0].text.contains("package://somewhere/arm.stl"));
    assert_eq!(list[0].place, "robot/link[arm]/visual/geometry/mesh");
}

#[track_caller]
fn refused(from: &str, to: &str, expected: &str) {
    assert!(SMALL.contains(from));
    let message = read(&SMALL.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

/// Refuse broken descriptions with line, column and path.
#[test]
fn errors_name_the_place() {
    refused("value=\"2.5\"", "value=\"NaN\"", "line 5, column 15, robot/link[arm]/inertial/mass: value = \"NaN\" is not finite");
    refused("value=\"2.5\"", "value=\"-1\"", "is negative");
    refused("velocity=\"3\"", "velocity=\"inf\"", "robot/joint[turn]/limit: velocity = \"inf\" is not finite");
    refused("upper=\"2\"", "upper=\"-2\"", "lower = -1 is above upper = -2");
    refused("xyz=\"0 0 1\"", "xyz=\"0 0\"", "xyz needs three numbers");
    refused("xyz=\"0 0 1\"", "xyz=\"0 0 0\"", "the axis has the length 0");
    refused("<child link=\"arm\"/>", "<child link=\"leg\"/>", "its child link \"leg\" does not exist");
    refused("<child link=\"arm\"/>", "<child link=\"base\"/>", "robot");
    refused("<link name=\"base\"/>", "<link name=\"arm\"/>", "stands there twice");
    refused("<link name=\"base\"/>", "<link name=\"base\"/><link name=\"c\"/>", "2 links have no parent");
    refused("type=\"revolute\"", "type=\"floating\"", "type \"floating\" is not supported");
    refused("<limit lower=\"-1\" upper=\"2\" velocity=\"3\" effort=\"40\"/>", "", "<limit> is missing");
    refused("radius=\"0.05\"", "radius=\"${r}\"", "xacro");
    refused("<robot name=\"small\">", "<robot>", "attribute name is missing");
    refused("</robot>", "", "line ");
}

/// Refuse a document type, so that no entity is ever expanded or fetched.
#[test]
fn document_types_are_refused() {
    let bomb = r#"<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><robot name="&c;"/>"#;
    assert!(matches!(read(bomb), Err(DescriptionError::Xml { .. })));
}

/// Say what to do with a xacro file.
#[test]
fn xacro_is_named() {
    let text = r#"<robot name="x" xmlns:xacro="http://wiki.ros.org/xacro"><xacro:property name="a" value="1"/><link name="b"/></robot>"#;
    let message = read(text).unwrap_err().to_string();
    assert!(message.contains("xacro file.urdf.xacro > file.urdf"), "{message}");
}

/// Refuse what is over the bounds: bytes, depth, links.
#[test]
fn bounds_hold() {
    assert!(matches!(read(&" ".repeat(URDF_SIZE_MAX_BYTES + 1)), Err(DescriptionError::TooLarge { .. })));
    let deep = format!("<robot name=\"d\">{}{}</robot>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(read(&deep).unwrap_err().to_string().contains("nested deeper"));
    let wide: String = (0..500_000).map(|i| format!(" a{i}=''")).collect();
    assert!(read(&format!("<robot name=\"w\"{wide}/>")).unwrap_err().to_string().contains("more than 64 attributes"));
    let spaces: String = (0..60).map(|i| format!("<a xmlns:b{i}='u{i}' xmlns:c{i}='u{i}'>")).collect();
    assert!(read(&format!("<robot name=\"n\">{spaces}</robot>")).unwrap_err().to_string().contains("namespaces"));
    let links: String = (0..2000).map(|i| format!("<link name=\"{i}\"/>")).collect();
    assert!(read(&format!("<robot name=\"m\">{links}</robot>")).unwrap_err().to_string().contains("more than 1024"));
}

/// Pass over `=` and `<` in comments, CDATA and quotes.
#[test]
fn comments_are_no_tags() {
    let text = format!(
        "<!-- {} <a> --><?p {} ?><robot name=\"=====>{}\"><link name=\"a\"/><![CDATA[{}]]></robot>",
        "=".repeat(200),
        "=".repeat(200),
        "=".repeat(200),
        "<a =".repeat(200)
    );
    assert!(read(&text).is_ok());
}

/// Warn of an unknown element once, however often it comes.
#[test]
fn unknown_elements_are_noted_once() {
    let warnings = Warnings::new();
    read_urdf("<robot name=\"u\"><link name=\"a\"><odd/><odd/></link><odd/><sensor/></robot>", &warnings).unwrap();
    assert_eq!(warnings.list().len(), 2);
}

proptest! {
    /// Give a tree or an error for any text.
    #[test]
    fn any_text_ends(text in "\\PC{0,300}") {
        let _ = read(&text);
    }

    /// Give a tree or an error for a description with bytes replaced, cut or doubled; a tree passes its own check.
    #[test]
    fn mutated_descriptions_end(
        edits in prop::collection::vec((0_usize..SMALL.len(), 0_usize..30, "[ -~]{0,8}"), 1..6),
    ) {
        let mut text = SMALL.to_owned();
        for (at, cut, insert) in edits {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.replace_range(at..end, &insert);
        }
        if let Ok(spec) = read(&text) {
            prop_assert!(Tree::new(&spec).is_ok());
        }
    }

    /// Give a tree or an error for elements put together at random.
    #[test]
    fn random_elements_end(parts in prop::collection::vec(prop::sample::select(vec![
        "<link name=\"a\">", "<link name=\"b\"/>", "</link>", "<joint name=\"j\" type=\"fixed\">", "</joint>", "<parent link=\"a\"/>",
        "<child link=\"b\"/>", "<origin xyz=\"1 2 3\"/>", "<inertial>", "</inertial>", "<mass value=\"1e999\"/>", "<limit/>", "<mimic joint=\"j\"/>",
    ]), 0..20)) {
        let _ = read(&format!("<robot name=\"r\">{}</robot>", parts.concat()));
    }
}
