//! Attributes by tag, wherever the standard allows them to stand.

use dicom_core::Tag;
use dicom_object::InMemDicomObject;

/// Finite numbers of an element, if it has `count` of them.
pub(super) fn numbers<const N: usize>(object: &InMemDicomObject, tag: Tag) -> Option<[f64; N]> {
    let found = object.get(tag)?.to_multi_float64().ok()?;
    let found: [f64; N] = found.get(..N)?.try_into().ok()?;
    found.iter().all(|v| v.is_finite()).then_some(found)
}

/// One finite number.
pub(super) fn number(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    numbers::<1>(object, tag).map(|[v]| v)
}

/// One whole number of 0 or more.
pub(super) fn whole(object: &InMemDicomObject, tag: Tag) -> Option<u32> {
    object.get(tag)?.to_int::<u32>().ok()
}

/// Text without the padding at its end.
pub(super) fn text(object: &InMemDicomObject, tag: Tag) -> Option<String> {
    Some(object.get(tag)?.to_str().ok()?.trim_end_matches(['\0', ' ']).to_owned())
}

/// The items of a sequence.
pub(super) fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.get(tag).and_then(|e| e.items()).unwrap_or_default()
}

/// The attributes of one frame: its own functional group, then the shared one, then the object itself.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub own: Option<&'a InMemDicomObject>,
    pub shared: Option<&'a InMemDicomObject>,
    pub object: &'a InMemDicomObject,
}

impl<'a> Frame<'a> {
    /// Numbers under a functional group's sequence, or of the object itself.
    pub fn numbers<const N: usize>(&self, group: Tag, tag: Tag) -> Option<[f64; N]> {
        [self.own, self.shared]
            .into_iter()
            .flatten()
            .find_map(|groups| items(groups, group).first().and_then(|item| numbers(item, tag)))
            .or_else(|| numbers(self.object, tag))
    }

    /// One item of a functional group.
    pub fn item(&self, group: Tag) -> Option<&'a InMemDicomObject> {
        [self.own, self.shared].into_iter().flatten().find_map(|groups| items(groups, group).first())
    }
}
