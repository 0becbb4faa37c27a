import { describe, expect, it } from 'vitest';
import { isIn } from '../src/paper.ts';

describe('a place in the picture', () => {
  it('is within its sides, also when these cross the antimeridian', () => {
    expect(isIn([20, 40, 30, 50], [28.8, 45.3])).toBe(true);
    expect(isIn([20, 40, 30, 50], [31, 45.3])).toBe(false);
    expect(isIn([20, 40, 30, 50], [28.8, 51])).toBe(false);
    expect(isIn([170, -20, -170, 0], [-179, -17])).toBe(true);
    expect(isIn([170, -20, -170, 0], [0, -17])).toBe(false);
  });
});
