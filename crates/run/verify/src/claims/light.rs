//! Claims about `proband-light`.

use proband_light::{
    Balance, HeldOut, KernelCamera, Layer, MonteCarlo, SKIN_TONE_FATS_M, SKIN_TONES, SkinOptics, TissueSpec, VoxelBalance, VoxelMedium,
    VoxelRun, VoxelTissue, five_layers, skin_tone, slab_cases,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("light-slabs", slabs),
    claim!("light-slabs-quick", slabs_quick),
    claim!("light-voxels", voxels),
    claim!("light-skin-tone", skin_tones),
    claim!("light-skin-tone-quick", skin_tone_quick),
    claim!("light-kernels-skin-tone", kernels_skin_tone),
    claim!("light-kernel-camera", kernel_camera),
];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn run(photon_count: u64, seed: u64, tissue: &TissueSpec) -> Result<Balance, String> {
    MonteCarlo { photon_count, seed, half_width_m: 0.0, bin_count: 0 }.run(tissue).map_err(text)
}

fn slabs() -> Result<Vec<Obtained>, String> {
    let counts = [3_000_000, 1_000_000, 1_000_000, 1_000_000, 300_000, 100_000];
    let (mut out, mut worst) = (Vec::new(), 0.0_f64);
    for (case, count) in slab_cases().iter().zip(counts) {
        for seed in 1..=3 {
            let found = run(count, seed, &case.tissue)?;
            worst = worst.max(found.imbalance().abs());
            out.push(Obtained::new(format!("{} R, seed {seed}", case.name), found.specular + found.diffuse_reflectance.mean));
            out.push(Obtained::new(format!("{} T, seed {seed}", case.name), found.transmittance.mean));
        }
    }
    for seed in 1..=3 {
        let found = run(500_000, seed, &five_layers())?;
        worst = worst.max(found.imbalance().abs());
        out.push(Obtained::new(format!("S5 Rd, seed {seed}"), found.diffuse_reflectance.mean));
        out.push(Obtained::new(format!("S5 A, seed {seed}"), found.absorbed.mean));
        out.push(Obtained::new(format!("S5 T, seed {seed}"), found.transmittance.mean));
    }
    out.push(Obtained::new("largest imbalance of energy", worst));
    Ok(out)
}

fn slabs_quick() -> Result<Vec<Obtained>, String> {
    let (mut out, mut worst) = (Vec::new(), 0.0_f64);
    for (case, count) in slab_cases().iter().zip([200_000, 100_000, 50_000]) {
        let found = run(count, 4, &case.tissue)?;
        worst = worst.max(found.imbalance().abs());
        out.push(Obtained::new(format!("{} R", case.name), found.specular + found.diffuse_reflectance.mean));
        out.push(Obtained::new(format!("{} T", case.name), found.transmittance.mean));
    }
    let clear = |index| {
        let layer = Layer { index, absorption_per_m: 100.0, scattering_per_m: 0.0, anisotropy: 0.0, thickness_m: 5e-3 };
        run(400_000, 5, &TissueSpec::in_air(vec![layer]))
    };
    let (matched, mirrored) = (clear(1.0)?, clear(1.5)?);
    out.push(Obtained::new("clear slab, index 1, T", matched.transmittance.mean));
    out.push(Obtained::new("clear slab, index 1.5, R", mirrored.specular + mirrored.diffuse_reflectance.mean));
    out.push(Obtained::new("clear slab, index 1.5, T", mirrored.transmittance.mean));
    let alike = |anisotropy: f64| {
        let layer =
            Layer { index: 1.4, absorption_per_m: 5.0, scattering_per_m: 1_000.0 / (1.0 - anisotropy), anisotropy, thickness_m: 0.05 };
        run(10_000, 6, &TissueSpec::in_air(vec![layer]))
    };
    let ratio = alike(0.8)?.diffuse_reflectance.mean / alike(0.0)?.diffuse_reflectance.mean;
    out.push(Obtained::new("similarity: R of (mus, g = 0.8) over R of (0.2 mus, 0)", ratio));
    out.push(Obtained::new("largest imbalance of energy", worst.max(matched.imbalance().abs()).max(mirrored.imbalance().abs())));
    Ok(out)
}

/// A cube of 60 mm, a beam that starts inside at the middle of a face, and a gate of 5 ns.
fn cube(index_outside: f64, edges: u32, photon_count: u64, seed: u64) -> Result<VoxelBalance, String> {
    let media = vec![VoxelMedium { index: 1.37, absorption_per_m: 5.0, scattering_per_m: 1_000.0, anisotropy: 0.01 }];
    let labels = vec![0; (edges * edges * edges) as usize];
    let tissue = VoxelTissue { size: [edges; 3], voxel_m: [0.06 / f64::from(edges); 3], labels, media, index_outside };
    let start_m = [0.03, 0.03, 0.0];
    VoxelRun { photon_count, seed, start_m, direction: [0.0, 0.0, 1.0], per_voxel: true, gate_s: 5e-9 }.run(&tissue).map_err(text)
}

fn voxels() -> Result<Vec<Obtained>, String> {
    let (matched, mirrored) = (cube(1.37, 60, 400_000, 1)?, cube(1.0, 60, 400_000, 2)?);
    let halved = cube(1.0, 120, 100_000, 3)?;
    let sigma = (halved.absorbed.error * halved.absorbed.error + mirrored.absorbed.error * mirrored.absorbed.error).sqrt();
    // One kernel: a deck of voxels absorbs what the same layers absorb, borders between indices included.
    let deck = five_layers();
    let flat = run(100_000, 4, &deck)?;
    let unit_m = 2e-5;
    let counts: Vec<usize> = deck.layers.iter().map(|l| (l.thickness_m / unit_m).round() as usize).collect();
    let labels: Vec<u8> = counts.iter().enumerate().flat_map(|(layer, n)| std::iter::repeat_n(layer as u8, *n)).collect();
    let media = deck.layers.iter().map(|l| VoxelMedium {
        index: l.index,
        absorption_per_m: l.absorption_per_m,
        scattering_per_m: l.scattering_per_m,
        anisotropy: l.anisotropy,
    });
    let tissue =
        VoxelTissue { size: [1, 1, labels.len() as u32], voxel_m: [1.0, 1.0, unit_m], labels, media: media.collect(), index_outside: 1.0 };
    let start_m = [0.5, 0.5, 0.0];
    let found = VoxelRun { photon_count: 50_000, seed: 5, start_m, direction: [0.0, 0.0, 1.0], per_voxel: false, gate_s: f64::INFINITY }
        .run(&tissue)
        .map_err(text)?;
    let entered = 1.0 - flat.specular;
    let apart = found.absorbed.mean - flat.absorbed.mean / entered;
    let spread = (found.absorbed.error * found.absorbed.error + flat.absorbed.error * flat.absorbed.error / (entered * entered)).sqrt();
    let worst = [&matched, &mirrored, &halved, &found].map(|b| b.imbalance().abs()).into_iter().fold(0.0, f64::max);
    Ok(vec![
        Obtained::new("cube, matched: absorbed", matched.absorbed.mean),
        Obtained::new("cube in air: absorbed", mirrored.absorbed.mean),
        Obtained::new("cube in air, voxels halved: absorbed, apart", (halved.absorbed.mean - mirrored.absorbed.mean) / sigma),
        Obtained::new("five layers as voxels: absorbed, apart from layers", apart / spread),
        Obtained::new("largest imbalance of energy", worst),
    ])
}

fn skin_tones() -> Result<Vec<Obtained>, String> {
    let mut out = Vec::new();
    for fraction in SKIN_TONES {
        for fat_m in SKIN_TONE_FATS_M {
            let row = skin_tone(fraction, fat_m, 300_000, 20).map_err(text)?;
            let name = format!("melanin {:.0} %, {:.0} mm", 100.0 * fraction, 1e3 * fat_m);
            out.push(Obtained::new(format!("{name}, Rd without"), row.without));
            out.push(Obtained::new(format!("{name}, Rd with"), row.with));
            out.push(Obtained::new(format!("{name}, contrast"), 100.0 * row.contrast()));
        }
    }
    Ok(out)
}

fn skin_tone_quick() -> Result<Vec<Obtained>, String> {
    let row = skin_tone(0.03, 1e-3, 50_000, 30).map_err(text)?;
    Ok(vec![Obtained::new("melanin 3 %, 1 mm, Rd without", row.without), Obtained::new("melanin 3 %, 1 mm, Rd with", row.with)])
}

fn kernels_skin_tone() -> Result<Vec<Obtained>, String> {
    let mut out = Vec::new();
    for fraction in SKIN_TONES {
        for fat_above_m in SKIN_TONE_FATS_M {
            let fat_m = fat_above_m + 6e-3;
            let optics = SkinOptics::reference(850.0, fraction);
            let kernels = KernelCamera::new(&optics, fat_m).map_err(text)?;
            let (percent, top_m) = (100.0 * fraction, optics.epidermis_m + optics.dermis_m + fat_above_m);
            out.push(Obtained::new(format!("melanin {percent:.0} %, {:.0} mm of fat, Rd", 1e3 * fat_m), kernels.background(fat_m)));
            let contrast = 100.0 * kernels.sheet_contrast(top_m, 3e-3);
            out.push(Obtained::new(format!("melanin {percent:.0} %, {:.0} mm, contrast of a sheet", 1e3 * fat_above_m), contrast));
        }
    }
    Ok(out)
}

fn kernel_camera() -> Result<Vec<Obtained>, String> {
    const CASES: u32 = 20;
    const PHOTONS: u64 = 100_000;
    let (mut square, mut shape, mut noise) = (0.0, 0.0, 0.0);
    let (mut worst, mut background) = (0.0_f64, 0.0_f64);
    let (mut product, mut own_square) = (0.0, 0.0);
    for index in 0..CASES {
        let found = HeldOut::draw(2_026, index).compare(PHOTONS, 100 + u64::from(index)).map_err(text)?;
        square += found.rms * found.rms;
        shape += found.rms_shape * found.rms_shape;
        noise += found.rms_noise * found.rms_noise;
        worst = worst.max(found.rms);
        product += found.product;
        own_square += found.square;
        background = background.max((found.background_kernel / found.background - 1.0).abs());
    }
    let mean = |sum: f64| (sum.max(0.0) / f64::from(CASES)).sqrt();
    Ok(vec![
        Obtained::new("cases", f64::from(CASES)),
        Obtained::new("rms over all cases, of the background", mean(square)),
        Obtained::new("worst case", worst),
        Obtained::new("rms of the shape alone", mean(shape)),
        Obtained::new("largest error of the background", background),
        Obtained::new("noise of the engine, at most", mean(noise)),
        Obtained::new("darkening of the veins, engine over kernels", product / own_square),
    ])
}
