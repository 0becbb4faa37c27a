import { describe, expect, it } from 'vitest';
import { whyWithheld } from '../../src/mend/review.ts';

const why = (properties: Record<string, unknown>) => whyWithheld({ properties });

describe('why a record is not public', () => {
  it('is its state, which publishing changes', () => {
    for (const status of ['draft', 'submitted', 'in_review', 'embargoed']) {
      expect(why({ record_status: status })).toEqual({ reasons: [status], canPublish: true });
    }
  });
  it('is its mask or its source, which publishing does not change', () => {
    expect(why({ masking: { level: 'cell_0.1' } })).toEqual({
      reasons: ['masked'],
      canPublish: false,
    });
    expect(why({ record_status: 'published', redistributable: false })).toEqual({
      reasons: ['restricted'],
      canPublish: false,
    });
    expect(why({ record_status: 'draft', masking: { level: 'hidden' } })).toEqual({
      reasons: ['draft', 'masked'],
      canPublish: true,
    });
  });
  it('is nothing for a record that everybody sees', () => {
    const shown = { reasons: [], canPublish: false };
    expect(why({})).toEqual(shown);
    expect(why({ masking: { level: 'exact' }, redistributable: true })).toEqual(shown);
  });
});
