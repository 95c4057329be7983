//! Single-precision vectors; sums in chunks of fixed size, added in double precision in a fixed order.

/// Entries summed together in single precision.
const CHUNK: usize = 1024;
/// Entries that are not shared out to threads any more; a multiple of [`CHUNK`].
const GRAIN: usize = 24 * CHUNK;

/// Σ aᵢbᵢ: halves of halves, whatever the threads.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    if a.len() <= GRAIN {
        return a.chunks(CHUNK).zip(b.chunks(CHUNK)).map(|(a, b)| f64::from(lanes(a, b))).sum();
    }
    let middle = middle(a.len());
    let ((a, a_rest), (b, b_rest)) = (a.split_at(middle), b.split_at(middle));
    let (sum, rest) = rayon::join(|| dot(a, b), || dot(a_rest, b_rest));
    sum + rest
}

fn middle(length: usize) -> usize {
    (length / 2).next_multiple_of(CHUNK)
}

#[inline(always)]
fn lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut lane = [0.0_f32; 16];
    let (a16, a_rest) = a.as_chunks::<16>();
    let (b16, b_rest) = b.as_chunks::<16>();
    for (a, b) in a16.iter().zip(b16) {
        for k in 0..16 {
            lane[k] += a[k] * b[k];
        }
    }
    for (k, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lane[k] += a * b;
    }
    for half in [8, 4, 2, 1] {
        for k in 0..half {
            lane[k] += lane[k + half];
        }
    }
    lane[0]
}

/// Call `work` on pieces of vectors of one length, in any order.
pub(super) fn each<const M: usize, const C: usize>(
    change: [&mut [f32]; M],
    read: [&[f32]; C],
    work: &(impl Fn([&mut [f32]; M], [&[f32]; C]) + Sync),
) {
    let length = change[0].len();
    if length <= GRAIN {
        return work(change, read);
    }
    let middle = middle(length);
    let (mut left, mut right): ([&mut [f32]; M], [&mut [f32]; M]) =
        (std::array::from_fn(|_| Default::default()), std::array::from_fn(|_| Default::default()));
    for (whole, (left, right)) in change.into_iter().zip(left.iter_mut().zip(&mut right)) {
        (*left, *right) = whole.split_at_mut(middle);
    }
    let (first, second) = (read.map(|r| &r[..middle]), read.map(|r| &r[middle..]));
    rayon::join(|| each(left, first, work), || each(right, second, work));
}

/// y ← y + s x.
pub(super) fn axpy(y: &mut [f32], s: f32, x: &[f32]) {
    each([y], [x], &|[y], [x]| {
        for (y, x) in y.iter_mut().zip(x) {
            *y += s * x;
        }
    });
}

/// y ← y·x.
pub(super) fn scale(y: &mut [f32], x: &[f32]) {
    each([y], [x], &|[y], [x]| {
        for (y, x) in y.iter_mut().zip(x) {
            *y *= x;
        }
    });
}
