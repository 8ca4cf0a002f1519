"""Pieces of SQL that several metrics share. Every value in them is bound by the query they go into."""

# Of a person in a course: out of the cohort is who left before the start and has not enrolled since; at the same
# instant the enrolment is the later.
ENROLLED_AT = "maxOrNullIf(occurred_at, event_type = 'enrolled')"
LEFT_AT = "maxOrNullIf(occurred_at, event_type = 'unenrolled' AND occurred_at < {start:DateTime64(3, 'UTC')})"
IS_MEMBER = "(left_at IS NULL OR ifNull(enrolled_at >= left_at, false))"

BEFORE_END = """occurred_at < {end:DateTime64(3, 'UTC')}
        AND ({course:String} = '' OR course_id = {course:String})"""

# Where the course's settings stand in the arrays that were bound: the first place is everybody's.
PLACE = "greatest(indexOf({courses:Array(String)}, course_id), 1)"

LOCAL_DAY = "toDate32(occurred_at, {tz:String})"
DAY_COUNT = """(dateDiff('day', toDate32({start:DateTime64(3, 'UTC')}, {tz:String}),
        toDate32({end:DateTime64(3, 'UTC')} - toIntervalMillisecond(1), {tz:String})) + 1)"""

# For a row of each person in each course, and one with the course '' of each person over all of them.
SCOPE = "if(course_id = '', ['user', 'all'], ['course_user', 'course'])[grouping(user_id) + 1] AS scope"
BY_SCOPE = """WHERE {course:String} = '' OR course_id != ''
GROUP BY GROUPING SETS ((course_id, user_id), (course_id))"""
