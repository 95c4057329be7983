//! Files of `proband-geometry`.

use proband_geometry::{
    MshVersion, Part, VtkEncoding, read_glb, read_msh, read_stl, read_vtp, read_vtu, write_glb, write_msh, write_stl, write_vtp, write_vtu,
};
use proband_mesh::{LevelSet, TetMesh, stuff};

use super::{length, spec, text};
use crate::Obtained;

/// Places at which each file is cut, evenly spread.
const CUT_COUNT: usize = 40;

pub(super) fn round_trip() -> Result<Vec<Obtained>, String> {
    let mesh = stuff(&LevelSet::distance(|p| length(p) - 1.0), &spec(0.3, 1.0)).map_err(text)?.mesh;
    let (surface, _) = mesh.boundary();
    let vtu = [VtkEncoding::Ascii, VtkEncoding::Raw, VtkEncoding::RawZlib, VtkEncoding::Base64].map(|e| write_vtu(&mesh, 1.0, e));
    let msh = [MshVersion::V2, MshVersion::V4].map(|v| write_msh(&mesh, 1.0, v));
    let same = |back: Result<TetMesh, _>| back.map_err(|e: proband_geometry::GeometryError| e.to_string()).map(|back| back == mesh);
    let mut different = 0;
    for bytes in &vtu {
        different += u32::from(!same(read_vtu(bytes, 1.0))?);
    }
    for bytes in &msh {
        different += u32::from(!same(read_msh(bytes, 1.0))?);
    }
    let stl = write_stl(&surface, 1e-3);
    let glb = write_glb(&[Part { name: "ball".into(), surface: surface.clone() }]);
    let back = read_glb(&glb).map_err(text)?;
    let volumes = [read_stl(&stl, 1e-3).map_err(text)?.volume_m3(), back.first().map_or(0.0, |p| p.surface.volume_m3())];
    let worst = volumes.into_iter().map(|v| (v / surface.volume_m3() - 1.0).abs()).fold(0.0, f64::max);
    let vtp = write_vtp(&surface, 1.0, VtkEncoding::RawZlib);
    let cuts = |bytes: &[u8]| (0..CUT_COUNT).map(|k| bytes[..k * bytes.len() * 9 / (10 * CUT_COUNT)].to_vec()).collect::<Vec<_>>();
    let mut whole = 0;
    for bytes in [&vtu[0], &vtu[2], &vtu[3]] {
        whole += cuts(bytes).iter().filter(|b| read_vtu(b, 1.0).is_ok()).count();
    }
    whole += cuts(&msh[1]).iter().filter(|b| read_msh(b, 1.0).is_ok_and(|m| m.tets.len() == mesh.tets.len())).count();
    whole += cuts(&stl).iter().filter(|b| read_stl(b, 1.0).is_ok()).count();
    whole += cuts(&glb).iter().filter(|b| read_glb(b).is_ok()).count();
    whole += cuts(&vtp).iter().filter(|b| read_vtp(b, 1.0).is_ok()).count();
    Ok(vec![
        Obtained::new("formats with all digits that came back different, of 6", f64::from(different)),
        Obtained::new("volume after STL and GLB over before, worst, less 1", worst),
        Obtained::new("files cut short that were read as whole, of 280", whole as f64),
    ])
}
