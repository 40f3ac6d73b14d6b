/** What spiders of the time include of a user, the misspelt `thanked_Count` among it. */
export const USER_QUERY: string =
  'locations,employments,gender,educations,business,voteup_count,thanked_Count,follower_count,following_count,cover_url,following_topic_count,' +
  'following_question_count,following_favlists_count,following_columns_count,answer_count,articles_count,pins_count,question_count,' +
  'commercial_question_count,favorite_count,favorited_count,logs_count,marked_answers_count,marked_answers_text,message_thread_token,' +
  'account_status,is_active,is_force_renamed,is_bind_sina,sina_weibo_url,sina_weibo_name,show_sina_weibo,is_blocking,is_blocked,' +
  'is_following,is_followed,mutual_followees_count,vote_to_count,vote_from_count,thank_to_count,thank_from_count,thanked_count,' +
  'description,hosted_live_count,participated_live_count,allow_message,industry_category,org_name,org_homepage,' +
  'badge[?(type=best_answerer)].topics'

/** What they include of the entries of a list. */
export const LIST_QUERY: string =
  'data[*].answer_count,articles_count,gender,follower_count,is_followed,is_following,badge[?(type=best_answerer)].topics'
