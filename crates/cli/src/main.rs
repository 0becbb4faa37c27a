//! kordon
fn main(){}
