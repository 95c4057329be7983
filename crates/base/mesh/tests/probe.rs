//! probe
use proband_core::Stream;
use proband_mesh::*;
fn deg(q: &QualityReport) -> String { format!("{} tets {:.2} {:.2} <10: {} vol {:e} grading {:.2}", q.tet_count, q.dihedral_rad.min.to_degrees(), q.dihedral_rad.max.to_degrees(), q.below_10_deg_count, q.volume_m3, q.grading_max) }
#[test]
fn iso() {
    for n in [20, 40, 80] {
        let h = 2.0 / n as f64 * 1.03;
        let size = n as u32 + 4;
        let o = -1.0 - 2.1 * h;
        let frame = GridFrame::aligned([size; 3], [o; 3], [h; 3]).unwrap();
        let mut v = vec![];
        for z in 0..size { for y in 0..size { for x in 0..size { let p = frame.position_m([x as f64, y as f64, z as f64]); v.push(((p[0]*p[0]+p[1]*p[1]+p[2]*p[2]).sqrt() - 1.0) as f32); } } }
        let s = isosurface(&frame, &v, 0.0).unwrap();
        let pi = std::f64::consts::PI;
        println!("h {h:.4} tri {} area {:+.4}% vol {:+.4}% euler {} faults {:?}", s.triangles.len(), 100.0*(s.area_m2()/(4.0*pi)-1.0), 100.0*(s.volume_m3()/(4.0/3.0*pi)-1.0), s.euler_characteristic(), s.faults_deep(3));
        let tree = SurfaceTree::new(s.clone());
        let m = stuff_surface(&tree, 0.1).unwrap();
        println!("   stuffed {} {:?}", deg(&QualityReport::of(&m.mesh)), m.report);
        if n == 20 {
            let mut st = Stream::new(1, 1, "x");
            let mut worst = 0.0_f64;
            for _ in 0..2000 { let p = [st.uniform_in(-2.0,2.0), st.uniform_in(-2.0,2.0), st.uniform_in(-2.0,2.0)]; let d = tree.signed_distance_m(p); let r=(p[0]*p[0]+p[1]*p[1]+p[2]*p[2]).sqrt()-1.0; worst = worst.max((d-r).abs());
              let inside = tree.hits(p, [0.36, 0.48, 0.8]).len() % 2 == 1; assert_eq!(inside, d < 0.0); }
            println!("   sdf worst {worst}");
        }
    }
    let mut st = Stream::new(5, 1, "noise");
    let frame = GridFrame::aligned([12, 9, 7], [0.0; 3], [1.0; 3]).unwrap();
    let v: Vec<f32> = (0..frame.count()).map(|_| st.normal() as f32).collect();
    let s = isosurface(&frame, &v, 0.0).unwrap();
    println!("noise watertight {} faults {:?} vol {}", s.is_watertight(), s.faults(3), s.volume_m3());
}
#[test]
fn labels() {
    for r in [6.0, 10.0, 20.0] {
        let n = (2.0 * r) as u32 + 6;
        let c = n as f64 / 2.0 - 0.3;
        let frame = GridFrame::aligned([n; 3], [0.0; 3], [1e-3; 3]).unwrap();
        let mut v = vec![];
        for z in 0..n { for y in 0..n { for x in 0..n { let d = [x as f64 - c, y as f64 - c, z as f64 - c]; let q = (d[0]*d[0]+d[1]*d[1]+d[2]*d[2]).sqrt();
            v.push(if q < r { if d[0] + 0.3 * d[1] > 0.0 { 1 } else if d[2] > 0.2 * d[0] { 2_u16 } else { 3 } } else { 0 }); } } }
        for blur in [0.0, 0.7, 1.0, 1.5] {
        let f = LabelMapField::new(frame, &v, blur).unwrap();
        let (low_m, high_m) = f.bounds_m();
        let m = stuff(&f, &StuffSpec { cell_m: 1.5e-3, low_m, high_m, cut_steps: 5, polish_below_rad: 0.21 }).unwrap();
        let q = QualityReport::of(&m.mesh);
        println!("r {r} blur {blur} {} {:?}", deg(&q), m.report);
        let (b, _) = m.mesh.boundary();
        let truth = f.label_volumes_m3();
        for ((l, v), (l2, t)) in m.mesh.region_volumes_m3().iter().zip(&truth) { print!("  {l}/{l2} {:+.3}%", 100.0 * (v / t - 1.0)); }
        println!("  area {:+.3}% watertight {} euler {} faults {:?} pieces {}", 100.0 * (b.area_m2() / (4.0 * std::f64::consts::PI * r * r * 1e-6) - 1.0), b.is_watertight(), b.euler_characteristic(), m.mesh.faults(2), m.mesh.pieces().1);
        }
    }
}
