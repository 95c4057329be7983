//! Mesh files: what is written is read back; damaged files give errors.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proband_geometry::{
    Content, Format, GeometryError, MshVersion, Part, VtkEncoding, read_geometry, read_glb, read_msh, read_obj, read_stl, read_vtp,
    read_vtu, write_glb, write_msh, write_stl, write_stl_text, write_vtp, write_vtu,
};
use proband_mesh::{LevelSets, StuffSpec, Surface, TetMesh, stuff};
use proptest::prelude::*;

const ENCODINGS: [VtkEncoding; 4] = [VtkEncoding::Ascii, VtkEncoding::Raw, VtkEncoding::RawZlib, VtkEncoding::Base64];

/// Two balls side by side.
fn tets() -> TetMesh {
    let ball = |x: f64| move |p: [f64; 3]| ((p[0] - x) * (p[0] - x) + p[1] * p[1] + p[2] * p[2]).sqrt() - 0.012;
    let spec = StuffSpec { cell_m: 0.006, low_m: [-0.03; 3], high_m: [0.03; 3], cut_steps: 5, polish_below_rad: 0.0 };
    stuff(&LevelSets::new(vec![ball(-0.01), ball(0.01)]), &spec).unwrap().mesh
}

fn surface() -> Surface {
    tets().boundary().0
}

/// The same surface with vertices and triangles in an order that depends on coordinates alone.
fn sorted(surface: &Surface) -> Vec<[[u64; 3]; 3]> {
    let mut all: Vec<_> = (0..surface.triangles.len() as u32)
        .map(|t| {
            let mut c = surface.corners_m(t).map(|p| p.map(|x| (x + 0.0).to_bits()));
            let first = (0..3).min_by_key(|&k| c[k]).unwrap();
            c.rotate_left(first);
            c
        })
        .collect();
    all.sort_unstable();
    all
}

/// Read back every format that keeps all digits, to the bit.
#[test]
fn exact_formats_come_back() {
    let (mesh, surface) = (tets(), surface());
    for encoding in ENCODINGS {
        assert_eq!(read_vtu(&write_vtu(&mesh, 1.0, encoding), 1.0).unwrap(), mesh);
        assert_eq!(read_vtp(&write_vtp(&surface, 1.0, encoding), 1.0).unwrap(), surface);
    }
    for version in [MshVersion::V2, MshVersion::V4] {
        let back = read_msh(&write_msh(&mesh, 1.0, version), 1.0).unwrap();
        assert_eq!((back.nodes_m.len(), back.region_volumes_m3().len()), (mesh.nodes_m.len(), 2));
        for (a, b) in back.region_volumes_m3().iter().zip(mesh.region_volumes_m3()) {
            assert!(a.0 == b.0 && (a.1 / b.1 - 1.0).abs() < 1e-12);
        }
    }
    assert_eq!(sorted(&read_stl(&write_stl_text(&surface, 1.0), 1.0).unwrap()), sorted(&surface));
}

/// Read back formats in single precision within its digits, closed as they were.
#[test]
fn single_precision_formats_come_back() {
    let surface = surface();
    let stl = read_stl(&write_stl(&surface, 1e-3), 1e-3).unwrap();
    let parts = read_glb(&write_glb(&[Part { name: "ball".into(), surface: surface.clone() }])).unwrap();
    assert_eq!(parts[0].name, "ball");
    for back in [&stl, &parts[0].surface] {
        assert!(back.is_watertight() && back.triangles.len() == surface.triangles.len());
        assert!((back.volume_m3() / surface.volume_m3() - 1.0).abs() < 1e-6);
    }
}

/// Read faces of an OBJ however their corners are written.
#[test]
fn obj_faces_are_read() {
    let text = b"# box\no a\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvn 0 0 1\nf 1/1/1 2//1 3 4\nf -4 -2 -1\n";
    let surface = read_obj(text, 1e-3).unwrap();
    assert_eq!(surface.triangles, vec![[0, 1, 2], [0, 2, 3], [0, 2, 3]]);
    assert_eq!(surface.vertices_m[2], [1e-3, 1e-3, 0.0]);
    assert!(matches!(read_obj(b"v 0 0 0\nf 1 2 3\n", 1.0), Err(GeometryError::Damaged { place, .. }) if place == "line 2"));
    assert!(matches!(read_obj(b"v 0 0 zero\n", 1.0), Err(GeometryError::Damaged { place, .. }) if place == "line 1"));
}

/// Know every format by its first bytes, and say what a git-lfs pointer is.
#[test]
fn formats_are_told_apart() {
    let (mesh, surface) = (tets(), surface());
    let files = [
        (write_stl(&surface, 1e-3), Format::Stl),
        (write_stl_text(&surface, 1e-3), Format::Stl),
        (write_vtp(&surface, 1e-3, VtkEncoding::Raw), Format::Vtp),
        (write_vtu(&mesh, 1e-3, VtkEncoding::Ascii), Format::Vtu),
        (write_msh(&mesh, 1e-3, MshVersion::V4), Format::Msh),
        (write_glb(&[Part { name: String::new(), surface: surface.clone() }]), Format::Glb),
        (b"o x\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".to_vec(), Format::Obj),
    ];
    for (bytes, format) in &files {
        assert_eq!(Format::of(bytes), Ok(*format));
        assert!(read_geometry(bytes, 1e-3).is_ok());
    }
    assert!(matches!(read_geometry(&files[4].0, 1e-3).unwrap(), Content::Tets(m) if (m.volume_m3() / mesh.volume_m3() - 1.0).abs() < 1e-9));
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    assert!(Format::of(pointer).unwrap_err().to_string().contains("git-lfs"));
    assert!(matches!(read_stl(&files[0].0, f64::NAN), Err(GeometryError::BadUnit { .. })));
}

/// Refuse counts that the file cannot hold before memory is asked for.
#[test]
fn lies_are_refused() {
    let mut stl = write_stl(&surface(), 1.0);
    stl[80..84].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(read_stl(&stl, 1.0).is_err());
    assert!(read_msh(b"$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n4000000000\n1 0 0 0\n", 1.0).is_err());
    assert!(read_msh(b"$MeshFormat\n4.1 1 8\n\x01\0\0\0", 1.0).unwrap_err().to_string().contains("binary"));
    let vtu = String::from_utf8(write_vtu(&tets(), 1.0, VtkEncoding::Ascii)).unwrap();
    assert!(read_vtu(vtu.replace("Cells>", "Cell>").as_bytes(), 1.0).is_err());
    let zlib = write_vtu(&tets(), 1.0, VtkEncoding::RawZlib);
    let start = zlib.windows(6).position(|w| w == b"raw\">\n").unwrap() + 7;
    // Number of blocks, then the size of the last: both beyond reason.
    for word in [0, 2] {
        let mut lie = zlib.clone();
        lie[start + 8 * word..start + 8 * word + 8].copy_from_slice(&(1_u64 << 60).to_le_bytes());
        assert!(read_vtu(&lie, 1.0).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    /// Survive files that are cut short or have bytes changed: a mesh or an error, no panic.
    #[test]
    fn damaged_files_are_survived(kind in 0_usize..11, cut in 0.0_f64..1.2, changes in prop::collection::vec((0.0_f64..1.0, any::<u8>()), 0..6)) {
        let parts = [Part { name: "x".into(), surface: surface() }];
        let mut bytes = match kind {
            0 => write_stl(&surface(), 1.0),
            1 => write_stl_text(&surface(), 1.0),
            2..=5 => write_vtu(&tets(), 1.0, ENCODINGS[kind - 2]),
            6 => write_vtp(&surface(), 1.0, VtkEncoding::RawZlib),
            7 => write_msh(&tets(), 1.0, MshVersion::V2),
            8 => write_msh(&tets(), 1.0, MshVersion::V4),
            9 => write_glb(&parts),
            _ => b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf -1/2 -2 -3\n".to_vec(),
        };
        let whole = bytes.len();
        bytes.truncate((cut * whole as f64) as usize);
        let head = bytes.len().min(2000);
        for (i, (place, value)) in changes.iter().enumerate() {
            // Half of the changes hit the header, where they do most harm.
            let range = if i % 2 == 0 { head } else { bytes.len() };
            if range > 0 {
                bytes[(place * range as f64) as usize] = *value;
            }
        }
        let _ = read_geometry(&bytes, 1.0);
        for read in [read_stl, read_vtp, read_obj] {
            let _ = read(&bytes, 1.0);
        }
        for read in [read_vtu, read_msh] {
            let _ = read(&bytes, 1.0);
        }
        let _ = read_glb(&bytes);
    }

    /// Survive any bytes behind the right beginning.
    #[test]
    fn any_bytes_are_survived(kind in 0_usize..5, tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let head: &[u8] = [b"glTF\x02\0\0\0".as_slice(), b"solid x\nfacet normal ", b"<VTKFile type=\"PolyData\"><PolyData><Piece>", b"$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Elements\n", b"v 1 2 3\nf "][kind];
        let bytes = [head, &tail].concat();
        let _ = read_geometry(&bytes, 1.0);
    }
}
