import type { Include } from './include.ts'
import { FIELDS, HEADLINES } from './profile-fields.ts'
import type { SocialGraph } from './social-graph.ts'
import { UserFacts } from './user-facts.ts'

/** A user as JSON. */
export type Profile = Readonly<Record<string, unknown>>

const SURNAMES = ['王', '李', '张', '刘', '陈', '杨', '欧阳', '司徒', 'Ólafur', 'Зоя', 'محمد', 'Anna']
const GIVEN = ['伟', '芳', '娜', '秀英', '敏', '静', '丽', '强', '磊', '一诺', '子涵', '🐙', '𠮷野', 'Łukasz', 'née "Q"']

/** What URLs in data begin with. They are not links of the site: the same user is the same JSON wherever it is open. */
export const WEB = 'https://zhihu.example/api/v4'

/** A user, with what is always said and what `include` names. `token` as in a list, where it may be missing. */
export function profileOf(graph: SocialGraph, user: number, include: Include, token: string | null = tokenOf(user)): Profile {
  const facts = new UserFacts(graph, user)
  const id = facts.hex(1)
  const picture = `https://pic1.example/v2-${facts.hex(32)}`
  const { isOrg } = facts
  const profile: Record<string, unknown> = {
    id,
    url_token: token,
    name: nameOf(facts),
    use_default_avatar: facts.draw(5) < 0.2,
    avatar_url: `${picture}_is.jpg`,
    avatar_url_template: `${picture}_{size}.jpg`,
    is_org: isOrg,
    type: 'people',
    url: `${WEB}/people/${id}`,
    user_type: isOrg ? 'organization' : 'people',
    headline: facts.pick(6, HEADLINES),
    gender: Math.floor(facts.draw(7) * 3) - 1,
    is_advertiser: facts.draw(8) < 0.01,
    vip_info: { is_vip: facts.draw(9) < 0.05 },
  }
  for (const [name, { type, inner }] of include) {
    const field = FIELDS.get(name)
    if (field !== undefined) profile[name] = field(facts, type, inner)
  }
  return profile
}

export const nameOf = (facts: UserFacts): string => `${facts.pick(3, SURNAMES)}${facts.pick(4, GIVEN)}`

/** `user-000042` */
export const tokenOf = (user: number): string => `user-${String(user).padStart(6, '0')}`
