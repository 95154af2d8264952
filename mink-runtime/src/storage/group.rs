/// placeholder
pub struct GroupCommit;
/// placeholder
pub struct GroupOptions;
