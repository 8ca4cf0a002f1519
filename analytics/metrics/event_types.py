"""Which types of event count in which metric."""

ENGAGEMENT_TYPES = ("video_played", "problem_attempted", "assignment_submitted", "forum_posted")
ACTIVITY_TYPES = (*ENGAGEMENT_TYPES, "page_viewed", "resource_downloaded")
# They tell of a course, not of somebody at work in it.
NOT_IN_STREAM = ("enrolled", "unenrolled", "course_completed")
# Sent without anybody doing anything, so that they say nothing about who looks.
PASSIVE = ("video_progress", "heartbeat")
