//! Writes the kernel table to the standard output:
//! `cargo run --release -p proband-light --example kernels > crates/patient/light/data/kernels.txt`.

fn main() -> Result<(), proband_light::LightError> {
    let photon_count = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(300_000);
    let table = proband_light::KernelTable::build(photon_count, 20_260_101)?;
    println!("# Reflectance kernels of the reference skin at 850 nm, {photon_count} photon paths per block.");
    println!("# Made by: cargo run --release -p proband-light --example kernels > crates/patient/light/data/kernels.txt");
    print!("{}", table.to_text());
    Ok(())
}
