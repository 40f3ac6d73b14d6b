/** The fields asked for of a user; the misspelt `thanked_Count` is what the site's own pages have asked for since 2017. */
export const USER_QUERY = [
  'locations,employments,gender,educations,business,voteup_count,thanked_Count,follower_count,following_count,cover_url',
  'following_topic_count,following_question_count,following_favlists_count,following_columns_count,answer_count,articles_count',
  'pins_count,question_count,commercial_question_count,favorite_count,favorited_count,logs_count,marked_answers_count',
  'mutual_followees_count,vote_to_count,vote_from_count,thank_to_count,thank_from_count,thanked_count,description',
  'hosted_live_count,participated_live_count,badge[?(type=best_answerer)].topics',
].join(',')

/** The fields asked for of the users in a list, beside those that it gives anyway. */
export const LIST_QUERY =
  'data[*].answer_count,articles_count,gender,follower_count,is_followed,is_following,badge[?(type=best_answerer)].topics'
